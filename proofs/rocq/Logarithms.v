(** The same with logarithms, and one constant.

    With k a whole number, 2^-k stands for an error or a failure: every rational one that is not
    smaller is covered. *)

From Coq Require Import ZArith QArith Qabs Lqa List Lia.
From slt Require Import Law LemmaR Products Layer Lucky Random.
Import ListNotations.
Open Scope Z_scope.

(** ** Powers *)

(** Raise an inequality of numbers to a power. *)
Lemma power_le x y (n : nat) : 0 <= x <= y -> x ^ Z.of_nat n <= y ^ Z.of_nat n.
Proof. apply Z.pow_le_mono_l. Qed.

Lemma power_multiple x (a n : nat) : x ^ Z.of_nat (a * n) = (x ^ Z.of_nat a) ^ Z.of_nat n.
Proof. rewrite Nat2Z.inj_mul, Z.pow_mul_r by lia. reflexivity. Qed.

Lemma power_positive x (n : nat) : 0 < x -> 0 < x ^ Z.of_nat n.
Proof. intros Hx. apply Z.pow_pos_nonneg; lia. Qed.

(** (7/8)^16 and (3/4)^8 are at most 1/8. *)
Lemma first_rate r : 2 ^ Z.of_nat (3 * r) * 7 ^ Z.of_nat (16 * r) <= 8 ^ Z.of_nat (16 * r).
Proof. rewrite !power_multiple, <- Z.pow_mul_l. apply power_le. vm_compute. split; discriminate. Qed.

Lemma second_rate r : 2 ^ Z.of_nat (3 * r) * 3 ^ Z.of_nat (8 * r) <= 4 ^ Z.of_nat (8 * r).
Proof. rewrite !power_multiple, <- Z.pow_mul_l. apply power_le. vm_compute. split; discriminate. Qed.

(** ** Sums *)

(** If eps >= 2^-k, delta >= 2^-j and 3 r >= k + j + 1, then 24 r items of U[-1, 1] reach all of
    [-1/2, 1/2] within 2 eps with probability at least 1 - delta. That is Lueker's theorem, with
    8 log2(2 / (eps delta)) items, rounded up to a multiple of 24. *)
Theorem logarithmic_sums (H : positive) (k j r : nat) (eps delta : Q) :
  (2 <= k)%nat -> 2 ^ Z.of_nat k <= Zpos (2 * H) -> (k + j + 1 <= 3 * r)%nat ->
  QDen eps <= Qnum eps * 2 ^ Z.of_nat k ->
  QDen delta <= Qnum delta * 2 ^ Z.of_nat j ->
  suffices (2 * H) (24 * r) eps delta.
Proof.
  intros Hk HM Hr Heps Hdelta. set (K := 2 ^ Z.of_nat k) in *. set (J := 2 ^ Z.of_nat j) in *.
  assert (HK : 4 <= K) by (change 4 with (2 ^ 2); apply Z.pow_le_mono_r; lia).
  assert (HJ : 0 < J) by (apply power_positive; lia).
  set (L := Zpos (2 * H) / K).
  assert (HL1 : K * L <= Zpos (2 * H)) by (apply Z.mul_div_le; lia).
  assert (HL2 : Zpos (2 * H) < K * (L + 1))
    by (pose proof (Z.mul_succ_div_gt (Zpos (2 * H)) K); unfold L; lia).
  assert (HL : 1 <= L) by (apply Z.div_le_lower_bound; lia).
  replace (24 * r)%nat with (16 * r + 8 * r)%nat by lia.
  apply (lemma_r H L L (16 * r) (8 * r) eps delta); try lia; [nia|nia|].
  pose proof (first_rate r) as H7. pose proof (second_rate r) as H3.
  pose proof (power_positive 7 (16 * r) ltac:(lia)). pose proof (power_positive 8 (16 * r) ltac:(lia)).
  pose proof (power_positive 3 (8 * r) ltac:(lia)). pose proof (power_positive 4 (8 * r) ltac:(lia)).
  assert (HT : 2 * K * J <= 2 ^ Z.of_nat (3 * r)).
  { unfold K, J. change 2 with (2 ^ 1) at 1. rewrite <- !Z.pow_add_r by lia.
    apply Z.pow_le_mono_r; lia. }
  set (T := 2 ^ Z.of_nat (3 * r)) in *.
  set (A7 := 7 ^ Z.of_nat (16 * r)) in *. set (A8 := 8 ^ Z.of_nat (16 * r)) in *.
  set (B3 := 3 ^ Z.of_nat (8 * r)) in *. set (B4 := 4 ^ Z.of_nat (8 * r)) in *.
  apply Z.mul_le_mono_pos_l with (2 * K * J); [nia|].
  assert (E1 : 2 * K * J * (A7 * B4 * L + A8 * B3 * (2 * L + 1)) <= A8 * B4 * (3 * L + 1)).
  { assert (2 * K * J * A7 <= A8) by nia. assert (2 * K * J * B3 <= B4) by nia.
    assert (2 * K * J * A7 * (B4 * L) <= A8 * (B4 * L)) by (apply Z.mul_le_mono_nonneg_r; nia).
    assert (2 * K * J * B3 * (A8 * (2 * L + 1)) <= B4 * (A8 * (2 * L + 1)))
      by (apply Z.mul_le_mono_nonneg_r; nia). lia. }
  assert (E2 : Zpos (2 * H) * (3 * L + 1) <= 4 * K * (2 * L + 1) * L).
  { assert (Zpos (2 * H) * (3 * L + 1) <= K * (L + 1) * (3 * L + 1))
      by (apply Z.mul_le_mono_nonneg_r; lia).
    assert ((L + 1) * (3 * L + 1) <= 4 * (2 * L + 1) * L) by nia.
    assert (K * ((L + 1) * (3 * L + 1)) <= K * (4 * (2 * L + 1) * L))
      by (apply Z.mul_le_mono_nonneg_l; lia). lia. }
  assert (HD : 0 < QDen delta) by lia.
  transitivity (QDen delta * Zpos (2 * H) * (A8 * B4 * (3 * L + 1))).
  { replace (2 * K * J * (QDen delta * Zpos (2 * H) * (A7 * B4 * L + A8 * B3 * (2 * L + 1))))
      with (QDen delta * Zpos (2 * H) * (2 * K * J * (A7 * B4 * L + A8 * B3 * (2 * L + 1)))) by ring.
    apply Z.mul_le_mono_nonneg_l; [lia|exact E1]. }
  transitivity (QDen delta * (A8 * B4) * (4 * K * (2 * L + 1) * L)).
  { replace (QDen delta * Zpos (2 * H) * (A8 * B4 * (3 * L + 1)))
      with (QDen delta * (A8 * B4) * (Zpos (2 * H) * (3 * L + 1))) by ring.
    apply Z.mul_le_mono_nonneg_l; [nia|exact E2]. }
  replace (QDen delta * (A8 * B4) * (4 * K * (2 * L + 1) * L))
    with (QDen delta * (4 * K * (2 * L + 1) * L * A8 * B4)) by ring.
  replace (2 * K * J * (Qnum delta * (2 * (2 * L + 1) * L * A8 * B4)))
    with (Qnum delta * J * (4 * K * (2 * L + 1) * L * A8 * B4)) by ring.
  apply Z.mul_le_mono_nonneg_r; [|exact Hdelta].
  repeat apply Z.mul_nonneg_nonneg; lia.
Qed.

(** ** Networks *)

Lemma rare_bound_weak c N n u v : 0 <= c -> 0 <= u <= v ->
  rare c N n * (u ^ Z.of_nat n * v ^ Z.of_nat N)
  <= (c * v + u) ^ Z.of_nat N * v ^ Z.of_nat n.
Proof.
  intros Hc Huv.
  assert (HC : 0 <= (c * v + u) ^ Z.of_nat N)
    by (apply Z.pow_nonneg, Z.add_nonneg_nonneg; [apply Z.mul_nonneg_nonneg|]; lia).
  destruct n as [|n].
  - replace (rare c N 0) with 0 by (destruct N; reflexivity).
    change (Z.of_nat 0) with 0. rewrite !Z.pow_0_r, Z.mul_0_l, Z.mul_1_r. exact HC.
  - pose proof (rare_bound c N n u v Hc Huv) as Hr. rewrite Nat2Z.inj_succ, !Z.pow_succ_r by lia.
    assert (HV : 0 <= v ^ Z.of_nat n) by (apply Z.pow_nonneg; lia).
    set (C := (c * v + u) ^ Z.of_nat N) in *. set (V := v ^ Z.of_nat n) in *.
    set (W := rare c N (S n)) in *. set (U := u ^ Z.of_nat n) in *. set (X := v ^ Z.of_nat N) in *.
    transitivity (u * (C * V)).
    + replace (W * (u * U * X)) with (u * (W * (U * X))) by ring.
      apply Z.mul_le_mono_nonneg_l; [lia|exact Hr].
    + replace (C * (v * V)) with (v * (C * V)) by ring.
      apply Z.mul_le_mono_nonneg_r; [now apply Z.mul_nonneg_nonneg|lia].
Qed.

(** A rate: if it holds for N and n, then for N t and n t. *)
Lemma rare_rate c (N n s t : nat) u v : 0 <= c -> 0 < u <= v ->
  2 ^ Z.of_nat s * ((c * v + u) ^ Z.of_nat N * v ^ Z.of_nat n)
  <= (c + 1) ^ Z.of_nat N * (u ^ Z.of_nat n * v ^ Z.of_nat N) ->
  2 ^ Z.of_nat (s * t) * rare c (N * t) (n * t) <= (c + 1) ^ Z.of_nat (N * t).
Proof.
  intros Hc Huv.
  assert (Hcv : 0 <= c * v + u) by (apply Z.add_nonneg_nonneg; [apply Z.mul_nonneg_nonneg|]; lia).
  assert (H2 : 0 <= 2) by lia. assert (Hv : 0 <= v) by lia. intros Hrate.
  pose proof (rare_bound_weak c (N * t) (n * t) u v Hc ltac:(lia)) as Hr.
  assert (Hp : 2 ^ Z.of_nat (s * t) * ((c * v + u) ^ Z.of_nat (N * t) * v ^ Z.of_nat (n * t))
    <= (c + 1) ^ Z.of_nat (N * t) * (u ^ Z.of_nat (n * t) * v ^ Z.of_nat (N * t))).
  { rewrite !power_multiple, <- !Z.pow_mul_l. apply power_le. split; [|exact Hrate].
    apply Z.mul_nonneg_nonneg; [|apply Z.mul_nonneg_nonneg]; apply Z.pow_nonneg; assumption. }
  pose proof (power_positive u (n * t) ltac:(lia)) as HU.
  pose proof (power_positive v (N * t) ltac:(lia)) as HV.
  pose proof (power_positive 2 (s * t) ltac:(lia)) as HS.
  set (U := u ^ Z.of_nat (n * t)) in *. set (V := v ^ Z.of_nat (N * t)) in *.
  set (S := 2 ^ Z.of_nat (s * t)) in *. set (W := rare c (N * t) (n * t)) in *.
  set (X := (c * v + u) ^ Z.of_nat (N * t) * v ^ Z.of_nat (n * t)) in *.
  apply Z.mul_le_mono_pos_r with (U * V); [now apply Z.mul_pos_pos|].
  transitivity (S * X); [|exact Hp]. rewrite <- Z.mul_assoc.
  apply Z.mul_le_mono_nonneg_l; [lia|exact Hr].
Qed.

(** 2^-k. *)
Definition half (k : nat) : Q := 1 # Z.to_pos (2 ^ Z.of_nat k).

Lemma half_den k : QDen (half k) = 2 ^ Z.of_nat k.
Proof. unfold half. cbn [Qden]. apply Z2Pos.id. apply power_positive. lia. Qed.

Lemma half_le k q : QDen q <= Qnum q * 2 ^ Z.of_nat k -> (half k <= q)%Q.
Proof. intros Hq. unfold Qle. rewrite half_den. unfold half. cbn [Qnum]. lia. Qed.

(** Let 2^k be at least d p, 1 / error and 1 / failure. All but a fraction [failure] of the draws of
    all the weights of a network with d inputs, 2344 d (k + 3) hidden ReLU units and p outputs
    contain every p x d matrix with entries in [-1, 1] within error sum_j |x_j|. That is the theorem
    of Pensia et al. for one layer, O(d log(d p / min(error, failure))) hidden units, on every
    lattice that is fine enough; M = 2^24 is for k up to 12. *)
Theorem logarithmic_network (G : positive) (d p k : nat) (error failure : Q) :
  (0 < d)%nat -> (0 < p)%nat -> Z.of_nat (d * p) <= 2 ^ Z.of_nat k ->
  61 * Z.of_nat (k + 3) * 2 ^ Z.of_nat (k + 3) <= 2 * Zpos (2 * (2 * G)) ->
  QDen error <= Qnum error * 2 ^ Z.of_nat k ->
  QDen failure <= Qnum failure * 2 ^ Z.of_nat k ->
  let N := (293 * (k + 3))%nat in
  all_but failure (2 * (2 * G)) ((d + p) * units d N)
          (random_contains (2 * (2 * G)) d p N error).
Proof.
  intros Hd Hp Hdp HM He Hf N. set (t := (k + 3)%nat) in *. set (K := 2 ^ Z.of_nat k) in *.
  assert (HK : 0 < K) by (apply power_positive; lia).
  assert (Ht : 2 ^ Z.of_nat t = 8 * K).
  { unfold t, K. change 8 with (2 ^ 3). rewrite <- Z.pow_add_r by lia. f_equal. lia. }
  assert (HD : 2 ^ Z.of_nat (2 * k + 4) = 16 * (K * K)).
  { unfold K. change 16 with (2 ^ 4). rewrite <- !Z.pow_add_r by lia. f_equal. lia. }
  assert (HD5 : 2 ^ Z.of_nat (2 * k + 5) = 32 * (K * K)).
  { unfold K. change 32 with (2 ^ 5). rewrite <- !Z.pow_add_r by lia. f_equal. lia. }
  assert (HD6 : 2 ^ Z.of_nat (2 * t) = 64 * (K * K)).
  { unfold t, K. change 64 with (2 ^ 6). rewrite <- !Z.pow_add_r by lia. f_equal. lia. }
  apply all_but_le with
    (times (8 * d) (half (2 * k + 4)) + times (8 * (d * p)) (half (2 * k + 4)))%Q.
  { unfold Qle, Qplus, times. cbn [Qnum Qden]. rewrite Pos2Z.inj_mul, half_den, HD.
    assert (Z.of_nat (8 * d) + Z.of_nat (8 * (d * p)) <= 16 * K) by nia.
    assert (HKK : 0 < K * K) by nia.
    assert ((Z.of_nat (8 * d) + Z.of_nat (8 * (d * p))) * QDen failure
            <= 16 * K * (Qnum failure * K)) by (apply Z.mul_le_mono_nonneg; lia).
    unfold half. cbn [Qnum].
    assert (16 * (K * K) * ((Z.of_nat (8 * d) + Z.of_nat (8 * (d * p))) * QDen failure)
            <= 16 * (K * K) * (16 * K * (Qnum failure * K)))
      by (apply Z.mul_le_mono_nonneg_l; lia).
    lia. }
  apply (all_but_weaken _ _ _ (random_contains (2 * (2 * G)) d p N
    (4 * (half t + (Z.of_nat (61 * t) # 2 * (2 * (2 * G))))))).
  { intros rs _. apply random_contains_le.
    assert (E1 : ((Z.of_nat (61 * t) # 2 * (2 * (2 * G))) <= half t)%Q).
    { unfold Qle. rewrite half_den. unfold half. cbn [Qnum Qden].
      rewrite Nat2Z.inj_mul. rewrite (Pos2Z.inj_mul 2 (2 * (2 * G))). lia. }
    assert (E2 : (8 * half t == half k)%Q).
    { unfold Qeq, Qmult. cbn [Qnum Qden]. rewrite Pos2Z.inj_mul, !half_den, Ht.
      unfold half. cbn [Qnum]. fold K. lia. }
    pose proof (half_le k error He). lra. }
  apply (random_layer (2 * G) d p N (61 * t) (24 * t) (half t) (half (2 * k + 5)) _ _ Hd).
  - apply (logarithmic_sums G t (2 * k + 5)); [lia| |lia| |].
    + rewrite Ht in *. assert (0 < Z.of_nat t) by lia. nia.
    + rewrite half_den. unfold half. cbn [Qnum]. lia.
    + rewrite half_den. unfold half. cbn [Qnum]. lia.
  - pose proof (rare_rate 1 61 24 2 t 2 3 ltac:(lia) ltac:(lia) ltac:(vm_compute; discriminate)) as Hr.
    rewrite rare_tail, HD6 in Hr. change (1 + 1) with 2 in Hr.
    rewrite !half_den, HD, HD5. unfold half. cbn [Qnum].
    pose proof (power_positive 2 (61 * t) ltac:(lia)).
    set (X := tail (61 * t) (24 * t)) in *. set (W := 2 ^ Z.of_nat (61 * t)) in *.
    assert (16 * (K * K) * (64 * (K * K) * X) <= 16 * (K * K) * W)
      by (apply Z.mul_le_mono_nonneg_l; nia).
    assert (0 <= K * K * W) by nia. lia.
  - pose proof (rare_rate 3 293 61 2 t 4 5 ltac:(lia) ltac:(lia) ltac:(vm_compute; discriminate)) as Hr.
    rewrite HD6 in Hr. change (3 + 1) with 4 in Hr.
    rewrite half_den, HD. unfold half. cbn [Qnum]. fold N in Hr.
    pose proof (power_positive 4 N ltac:(lia)).
    assert (64 * (K * K) * rare 3 N (61 * t) <= 4 ^ Z.of_nat N) by exact Hr. lia.
Qed.

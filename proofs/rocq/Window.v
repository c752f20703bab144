(** The process on a half-open window of M points, and its two facts.

    W = [-H, H) with M = 2 H is the window [-1/2, 1/2). A set of covered points is a function
    C : Z -> bool, read on W only. A new item k covers z as well when z - k is covered and in W. *)

From Coq Require Import ZArith QArith Qabs List Lia Bool.
From slt Require Import Sums Law.
Import ListNotations.
Open Scope Z_scope.

Section Window.

Variable H : positive.
Let M := (2 * H)%positive.
Notation R := (size M).

Definition inside (z : Z) : bool := (- Zpos H <=? z) && (z <? Zpos H).

Definition over_window (f : Z -> Z) : Z := sum (- Zpos H) (Z.to_nat (Zpos M)) f.

(** |C|, the number of covered points of the window. *)
Definition covered (C : Z -> bool) : Z := over_window (fun z => one_if (C z)).

Definition step (C : Z -> bool) (k : Z) (z : Z) : bool :=
  C z || (inside (z - k) && C (z - k)).

Definition run (C : Z -> bool) (rs : list Z) : Z -> bool :=
  fold_left step (items M rs) C.

Lemma inside_spec z : inside z = true <-> - Zpos H <= z < Zpos H.
Proof. unfold inside. rewrite andb_true_iff, Z.leb_le, Z.ltb_lt. lia. Qed.

Lemma outside z : ~ - Zpos H <= z < Zpos H -> inside z = false.
Proof. intros Hz. apply not_true_iff_false. rewrite inside_spec. exact Hz. Qed.

Lemma M_eq : Zpos M = 2 * Zpos H.
Proof. unfold M. lia. Qed.

(** C cut to the window, as a summand. *)
Let h (C : Z -> bool) (y : Z) : Z := one_if (inside y && C y).

Lemma h_range C y : 0 <= h C y <= 1.
Proof. apply one_if_range. Qed.

Lemma h_outside C y : ~ - Zpos H <= y < Zpos H -> h C y = 0.
Proof. intros Hy. unfold h. now rewrite outside. Qed.

Lemma covered_h C : over_window (h C) = covered C.
Proof.
  apply sum_ext. intros i Hi. unfold h. rewrite (proj2 (inside_spec i)); [reflexivity|].
  rewrite M_eq in Hi. lia.
Qed.

Lemma covered_range C : 0 <= covered C <= Zpos M.
Proof.
  unfold covered, over_window. split.
  - apply sum_nonneg. intros. apply one_if_range.
  - transitivity (sum (- Zpos H) (Z.to_nat (Zpos M)) (fun _ => 1)).
    + apply sum_le. intros. apply one_if_range.
    + rewrite sum_const. lia.
Qed.

(** P(z - X in C) = |C| / (2 M), exactly: of the 4 M draws, 2 |C| take z into C. *)
Lemma chance C z :
  - Zpos H <= z < Zpos H ->
  sum 0 (Z.to_nat R) (fun r => h C (z - item (- Zpos M) r)) = 2 * covered C.
Proof.
  intros Hz.
  rewrite (sum_over_draws M (fun k => h C (z - k))); [|apply h_outside; rewrite M_eq; lia..].
  f_equal. rewrite sum_reverse, <- covered_h. unfold over_window.
  apply sum_support; [rewrite M_eq; lia..|]. intros i _ Hi. apply h_outside.
  rewrite M_eq in Hi. lia.
Qed.

Lemma step_new C k z :
  one_if (step C k z) - one_if (C z) = (1 - one_if (C z)) * h C (z - k).
Proof. unfold step, h. destruct (C z), (inside (z - k)), (C (z - k)); reflexivity. Qed.

Lemma step_gain C k :
  covered (step C k) - covered C = over_window (fun z => (1 - one_if (C z)) * h C (z - k)).
Proof.
  unfold covered, over_window.
  rewrite (sum_ext _ _ (fun z => (1 - one_if (C z)) * h C (z - k))
                       (fun z => one_if (step C k z) + (-1) * one_if (C z))).
  - rewrite sum_plus, sum_scale. lia.
  - intros z _. rewrite <- step_new. lia.
Qed.

Lemma grows C k : covered C <= covered (step C k).
Proof.
  pose proof (step_gain C k) as E.
  assert (0 <= over_window (fun z => (1 - one_if (C z)) * h C (z - k))); [|lia].
  apply sum_nonneg. intros i _.
  pose proof (one_if_range (C i)). pose proof (h_range C (i - k)). nia.
Qed.

(** Growth is at most double: the new points are a translate of old ones. *)
Lemma doubles C k : covered (step C k) <= 2 * covered C.
Proof.
  pose proof (step_gain C k) as E.
  assert (over_window (fun z => (1 - one_if (C z)) * h C (z - k)) <= covered C); [|lia].
  transitivity (over_window (fun z => h C (z + - k))).
  - apply sum_le. intros i _. replace (i + - k) with (i - k) by lia.
    pose proof (one_if_range (C i)). pose proof (h_range C (i - k)). nia.
  - unfold over_window. rewrite sum_shift, <- covered_h. unfold over_window.
    set (a := Z.min (- Zpos H) (- Zpos H + - k)). set (n := (Z.to_nat (Zpos M + Z.abs k))).
    rewrite <- (sum_support (- Zpos H) (Z.to_nat (Zpos M)) a n (h C)).
    + apply sum_inside; [lia|lia|]. intros i _. apply h_range.
    + lia.
    + lia.
    + intros i _ Hi. apply h_outside. rewrite M_eq in Hi. lia.
Qed.

(** Expected growth, by double counting: over all draws the covered set gains
    2 |C| (M - |C|), in the mean |C| (M - |C|) / (2 M). *)
Lemma gain C :
  sum 0 (Z.to_nat R) (fun r => covered (step C (item (- Zpos M) r)))
  = R * covered C + 2 * covered C * (Zpos M - covered C).
Proof.
  rewrite (sum_ext _ _ _ (fun r => covered C
    + over_window (fun z => (1 - one_if (C z)) * h C (z - item (- Zpos M) r))))
    by (intros; rewrite <- step_gain; lia).
  rewrite sum_plus, sum_const. unfold over_window at 1. rewrite sum_swap.
  rewrite (sum_ext (- Zpos H) _ _ (fun z => 2 * covered C * (1 + (-1) * one_if (C z)))).
  - rewrite sum_scale, sum_plus, sum_const, sum_scale. fold (over_window (fun z => one_if (C z))).
    fold (covered C). rewrite size_eq. lia.
  - intros z Hz. rewrite sum_scale, chance; [lia|]. rewrite M_eq in Hz. lia.
Qed.

(** ** What a covered point means *)

Lemma run_cons C r rs : run C (r :: rs) = run (step C (item (- Zpos M) r)) rs.
Proof. reflexivity. Qed.

(** A point covered in the end was covered at first, up to the sum of a subset. *)
Lemma run_sum C rs z :
  run C rs z = true ->
  exists mask, length mask = length (items M rs) /\ C (z - kept mask (items M rs)) = true.
Proof.
  revert C. induction rs as [|r rs IH]; intros C Hz.
  - exists []. cbn in *. split; [reflexivity|]. now rewrite Z.sub_0_r.
  - rewrite run_cons in Hz. destruct (IH _ Hz) as [mask [Hl Hs]].
    set (k := item (- Zpos M) r) in *. set (s := kept mask (items M rs)) in *.
    unfold step in Hs. apply orb_true_iff in Hs. destruct Hs as [Hs|Hs].
    + exists (false :: mask). split; [cbn; now f_equal|].
      change (C (z - (0 + s)) = true). replace (z - (0 + s)) with (z - s) by lia. exact Hs.
    + apply andb_true_iff in Hs. destruct Hs as [_ Hs].
      exists (true :: mask). split; [cbn; now f_equal|].
      change (C (z - (k + s)) = true). replace (z - (k + s)) with (z - s - k) by lia. exact Hs.
Qed.

(** At the start the points within e of 0 are covered, by the empty sum. *)
Definition near (e z : Z) : bool := Z.abs z <=? e.

Lemma covered_near e : 0 <= e < Zpos H -> covered (near e) = 2 * e + 1.
Proof.
  intros He. unfold covered, over_window.
  rewrite (sum_support (- e) (Z.to_nat (2 * e + 1))).
  - rewrite (sum_ext _ _ _ (fun _ => 1)); [rewrite sum_const; lia|].
    intros i Hi. unfold near. rewrite (proj2 (Z.leb_le _ _)); [reflexivity|lia].
  - lia.
  - rewrite M_eq. lia.
  - intros i _ Hi. unfold near. rewrite (proj2 (Z.leb_gt _ _)); [reflexivity|lia].
Qed.

(** Fewer than g points are left open: every block of g points of the window has a covered one. *)
Lemma block C a g :
  Zpos M - covered C < g -> - Zpos H <= a -> a + g <= Zpos H -> 0 < g ->
  exists y, a <= y < a + g /\ C y = true.
Proof.
  intros Hg Ha Hb H0.
  destruct (some_point a (Z.to_nat g) C) as [y [Hy Cy]].
  - apply Z.le_lt_trans with (over_window (fun z => 1 - one_if (C z))).
    + unfold over_window. apply sum_inside; [lia|rewrite M_eq; lia|].
      intros i _. pose proof (one_if_range (C i)). lia.
    + unfold over_window. rewrite (sum_ext _ _ _ (fun z => 1 + (-1) * one_if (C z)))
        by (intros; lia).
      rewrite sum_plus, sum_const, sum_scale.
      fold (over_window (fun z => one_if (C z))). fold (covered C). lia.
  - exists y. split; [lia|exact Cy].
Qed.

(** Then every real target p / q (in lattice units) of [-H, H] has a sum within e + g. *)
Lemma finished rs e g p q :
  0 <= e -> 0 < g <= Zpos H ->
  Zpos M - covered (run (near e) rs) < g ->
  0 < q -> - (q * Zpos H) <= p <= q * Zpos H ->
  exists mask, length mask = length (items M rs) /\
    Z.abs (p - q * kept mask (items M rs)) <= q * (e + g).
Proof.
  intros He Hg Hrun Hq Hp.
  assert (Hy : exists y, Z.abs (p - q * y) <= q * g /\ run (near e) rs y = true).
  { destruct (Z_le_gt_dec p 0) as [Hneg|Hpos].
    - set (c := - ((- p) / q)).
      assert (E : q * ((- p) / q) <= - p < q * ((- p) / q) + q)
        by (pose proof (Z.mul_div_le (- p) q); pose proof (Z.mul_succ_div_gt (- p) q); lia).
      assert (Hc : - Zpos H <= c <= 0) by (unfold c; nia).
      destruct (block (run (near e) rs) c g) as [y [Hy Cy]]; [lia..|].
      exists y. split; [|exact Cy]. fold c in E. unfold c in *. nia.
    - set (c := (p - 1) / q).
      assert (E : q * c <= p - 1 < q * c + q)
        by (pose proof (Z.mul_div_le (p - 1) q); pose proof (Z.mul_succ_div_gt (p - 1) q);
            unfold c; lia).
      assert (Hc : 0 <= c < Zpos H) by nia.
      destruct (block (run (near e) rs) (c - g + 1) g) as [y [Hy Cy]]; [lia..|].
      exists y. split; [|exact Cy]. nia. }
  destruct Hy as [y [Hy Cy]].
  destruct (run_sum _ _ _ Cy) as [mask [Hl Hs]].
  exists mask. split; [exact Hl|].
  unfold near in Hs. apply Z.leb_le in Hs. nia.
Qed.

(** The same for targets in units of the law, as the theorems state it. *)
Lemma finished_reaches rs e g eps :
  0 <= e -> 0 < g <= Zpos H ->
  Zpos M - covered (run (near e) rs) < g ->
  (e + g) * QDen eps <= Qnum eps * Zpos M ->
  reaches M eps (-1 # 2) (1 # 2) (items M rs).
Proof.
  intros He Hg Hrun Heps [a b] Hlo Hhi. unfold Qle in Hlo, Hhi. cbn in Hlo, Hhi.
  destruct (finished rs e g (a * Zpos M) (Zpos b) He Hg Hrun) as [mask [Hl Hs]].
  - lia.
  - rewrite M_eq. nia.
  - exists mask. split; [exact Hl|].
    destruct eps as [x y]. unfold Qabs, Qminus, Qopp, Qplus, Qle, Qnum, Qden in *.
    set (s := kept mask (items M rs)) in *.
    rewrite !Pos2Z.inj_mul. nia.
Qed.

(** Counting exceptions, one item at a time. *)
Definition failures (g : Z) (n : nat) (C : Z -> bool) : Z :=
  count R n (fun rs => g <=? Zpos M - covered (run C rs)).

Lemma failures_S g n C :
  failures g (S n) C
  = sum 0 (Z.to_nat R) (fun r => failures g n (step C (item (- Zpos M) r))).
Proof. unfold failures. rewrite count_S. reflexivity. Qed.

Lemma run_grows C rs : covered C <= covered (run C rs).
Proof.
  revert C. induction rs as [|r rs IH]; intros C; [cbn; lia|].
  rewrite run_cons. pose proof (grows C (item (- Zpos M) r)).
  pose proof (IH (step C (item (- Zpos M) r))). lia.
Qed.

(** Once fewer than g points are open there is no failure any more. *)
Lemma failures_end g n C : Zpos M - covered C < g -> failures g n C = 0.
Proof.
  intros Hg. unfold failures, count.
  replace (filter _ _) with (@nil (list Z)); [reflexivity|].
  symmetry. induction (samples R n) as [|x l IH]; [reflexivity|].
  cbn [filter]. pose proof (run_grows C x).
  rewrite (proj2 (Z.leb_gt _ _)) by lia. exact IH.
Qed.

Lemma failures_0 g C : failures g 0 C <= 1.
Proof. unfold failures. rewrite count_0. apply one_if_range. Qed.

End Window.

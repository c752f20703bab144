(** Lemma R on the lattice: two potentials, and an explicit bound for every number of items.

    Below one half the mean of 1 / |C| falls by 7/8 an item, above it the mean of the open share
    falls by 3/4. So of n1 + n2 items all but a fraction
    (7/8)^n1 M / (2 v) + (3/4)^n2 M / (2 g) of the samples leave fewer than g points open, where
    v = 2 e + 1 points are covered at first. *)

From Coq Require Import ZArith QArith List Lia Bool.
From slt Require Import Sums Law Window.
Import ListNotations.
Open Scope Z_scope.

Section TwoPhases.

Variable H : positive.
Notation M := (2 * H)%positive.
Notation R := (size M).
Notation cov := (covered H).
Notation after C r := (step H C (item (- Zpos M) r)).

(** ** Above one half *)

Lemma open_falls C :
  sum 0 (Z.to_nat R) (fun r => Zpos M - cov (after C r))
  = (Zpos M - cov C) * (R - 2 * cov C).
Proof.
  rewrite (sum_ext _ _ _ (fun r => Zpos M + (-1) * cov (after C r))) by (intros; lia).
  rewrite sum_plus, sum_const, sum_scale, gain, size_eq. lia.
Qed.

Lemma second_phase g t C :
  0 < g -> Zpos M <= 2 * cov C ->
  failures H g t C * (g * 4 ^ Z.of_nat t) <= R ^ Z.of_nat t * (3 ^ Z.of_nat t * (Zpos M - cov C)).
Proof.
  intros Hg. revert C. induction t as [|t IH]; intros C HC.
  - rewrite !Z.pow_0_r. pose proof (covered_range H C).
    destruct (Z_lt_ge_dec (Zpos M - cov C) g) as [Hs|Hs].
    + rewrite failures_end by exact Hs. lia.
    + pose proof (failures_0 H g C). nia.
  - rewrite failures_S, Nat2Z.inj_succ, !Z.pow_succ_r by lia.
    set (T := R ^ Z.of_nat t) in *. set (F := 4 ^ Z.of_nat t) in *. set (P := 3 ^ Z.of_nat t) in *.
    assert (0 < T) by apply power_pos. assert (0 < P) by (apply Z.pow_pos_nonneg; lia).
    transitivity (4 * sum 0 (Z.to_nat R) (fun r => T * P * (Zpos M - cov (after C r)))).
    + replace (sum 0 (Z.to_nat R) (fun r => failures H g t (after C r)) * (g * (4 * F)))
        with (4 * sum 0 (Z.to_nat R) (fun r => g * F * failures H g t (after C r)))
        by (rewrite sum_scale; ring).
      apply Z.mul_le_mono_nonneg_l; [lia|]. apply sum_le. intros r _.
      pose proof (grows H C (item (- Zpos M) r)). specialize (IH (after C r)). lia.
    + rewrite sum_scale, open_falls, size_eq. pose proof (covered_range H C).
      replace (4 * Zpos M * T * (3 * P * (Zpos M - cov C)))
        with (4 * (T * P * ((Zpos M - cov C) * (3 * Zpos M)))) by ring.
      apply Z.mul_le_mono_nonneg_l; [lia|]. apply Z.mul_le_mono_nonneg_l; [nia|].
      apply Z.mul_le_mono_nonneg_l; lia.
Qed.

(** ** Below one half *)

(** Samples of t items after which still less than half is covered. *)
Definition low (t : nat) (C : Z -> bool) : Z :=
  count R t (fun rs => 2 * cov (run H C rs) <? Zpos M).

Lemma low_S t C : low (S t) C = sum 0 (Z.to_nat R) (fun r => low t (after C r)).
Proof. unfold low. rewrite count_S. reflexivity. Qed.

Lemma low_end t C : Zpos M <= 2 * cov C -> low t C = 0.
Proof.
  intros HC. unfold low, count. replace (filter _ _) with (@nil (list Z)); [reflexivity|].
  symmetry. induction (samples R t) as [|x l IH]; [reflexivity|].
  cbn [filter]. pose proof (run_grows H C x). rewrite (proj2 (Z.ltb_ge _ _)) by lia. exact IH.
Qed.

(** 1 / v' lies below its chord on [v, 2 v]: v' (3 v - v') >= 2 v^2. *)
Lemma first_phase t C :
  0 < cov C ->
  low t C * (2 * cov C * 8 ^ Z.of_nat t) <= Zpos M * (7 ^ Z.of_nat t * R ^ Z.of_nat t).
Proof.
  revert C. induction t as [|t IH]; intros C HC.
  - rewrite !Z.pow_0_r. unfold low. rewrite count_0. change (run H C []) with C.
    destruct (Z.ltb_spec (2 * cov C) (Zpos M)); cbn [one_if]; lia.
  - rewrite Nat2Z.inj_succ, !Z.pow_succ_r by lia.
    set (T := R ^ Z.of_nat t) in *. set (F := 8 ^ Z.of_nat t) in *. set (P := 7 ^ Z.of_nat t) in *.
    assert (HT : 0 < T) by apply power_pos. assert (HP : 0 < P) by (apply Z.pow_pos_nonneg; lia).
    assert (HF : 0 < F) by (apply Z.pow_pos_nonneg; lia).
    set (v := cov C) in *.
    destruct (Z_le_gt_dec (Zpos M) (2 * v)) as [Hh|Hh].
    { rewrite low_end by exact Hh. assert (0 < R) by (rewrite size_eq; lia).
      rewrite Z.mul_0_l. repeat apply Z.mul_nonneg_nonneg; lia. }
    apply Z.mul_le_mono_pos_l with (2 * v); [lia|].
    rewrite low_S.
    transitivity (8 * sum 0 (Z.to_nat R)
      (fun r => Zpos M * P * T * (3 * v) + - (Zpos M * P * T) * cov (after C r))).
    + replace (2 * v * (sum 0 (Z.to_nat R) (fun r => low t (after C r)) * (2 * v * (8 * F))))
        with (8 * sum 0 (Z.to_nat R) (fun r => 4 * v * v * F * low t (after C r)))
        by (rewrite sum_scale; ring).
      apply Z.mul_le_mono_nonneg_l; [lia|]. apply sum_le. intros r _. cbv beta.
      assert (Hg : v <= cov (after C r)) by apply grows.
      assert (Hd : cov (after C r) <= 2 * v) by apply doubles.
      specialize (IH (after C r) ltac:(lia)). set (v' := cov (after C r)) in *.
      set (N := low t (after C r)) in *.
      assert (HN : 0 <= N) by apply count_nonneg.
      replace (Zpos M * P * T * (3 * v) + - (Zpos M * P * T) * v')
        with ((3 * v - v') * (Zpos M * (P * T))) by ring.
      transitivity ((3 * v - v') * (N * (2 * v' * F))).
      * assert (0 <= 2 * (N * F) * ((v' - v) * (2 * v - v')))
          by (repeat apply Z.mul_nonneg_nonneg; lia).
        assert ((3 * v - v') * (N * (2 * v' * F))
                = 4 * v * v * F * N + 2 * (N * F) * ((v' - v) * (2 * v - v'))) by ring.
        lia.
      * apply Z.mul_le_mono_nonneg_l; lia.
    + rewrite sum_plus, sum_const, sum_scale, gain, Z2Nat.id by (rewrite size_eq; lia).
      fold v. rewrite size_eq.
      assert (0 <= Zpos M * P * T * v * (Zpos M - 2 * v))
        by (repeat apply Z.mul_nonneg_nonneg; lia).
      lia.
Qed.

(** ** Both *)

(** A sample of a + b draws fails if it is still low after a, or leaves g open after b more. *)
Lemma failures_two g a b C :
  0 < g ->
  failures H g (a + b) C * (g * 2 * 4 ^ Z.of_nat b)
  <= R ^ Z.of_nat b * (low a C * (g * 2 * 4 ^ Z.of_nat b)
                       + R ^ Z.of_nat a * (3 ^ Z.of_nat b * Zpos M)).
Proof.
  intros Hg. set (B := g * 2 * 4 ^ Z.of_nat b). set (P := 3 ^ Z.of_nat b).
  assert (HB : 0 < B) by (unfold B; assert (0 < 4 ^ Z.of_nat b) by (apply Z.pow_pos_nonneg; lia); nia).
  assert (HP : 0 < P) by (apply Z.pow_pos_nonneg; lia).
  revert C. induction a as [|a IH]; intros C.
  - rewrite Z.pow_0_r, Z.mul_1_l. cbn [Nat.add].
    destruct (Z_le_gt_dec (Zpos M) (2 * cov C)) as [Hh|Hh].
    + rewrite low_end by exact Hh. pose proof (second_phase g b C Hg Hh) as Hs.
      pose proof (power_pos M b) as HT. fold P in Hs. unfold B.
      assert (R ^ Z.of_nat b * (P * (2 * (Zpos M - cov C))) <= R ^ Z.of_nat b * (P * Zpos M)).
      { apply Z.mul_le_mono_nonneg_l; [lia|]. apply Z.mul_le_mono_nonneg_l; lia. }
      lia.
    + unfold low. rewrite count_0. change (run H C []) with C.
      rewrite (proj2 (Z.ltb_lt _ _)) by lia. cbn [one_if].
      assert (Hall : failures H g b C <= R ^ Z.of_nat b).
      { unfold failures. rewrite <- count_all by (rewrite size_eq; lia). unfold count.
        apply inj_le. clear. induction (samples R b) as [|x l IH]; cbn [filter length]; [lia|].
      destruct (_ <=? _); cbn [length]; lia. }
      pose proof (power_pos M b) as HT.
      assert (failures H g b C * B <= R ^ Z.of_nat b * B)
        by (apply Z.mul_le_mono_nonneg_r; lia).
      assert (0 <= R ^ Z.of_nat b * (P * Zpos M)) by (repeat apply Z.mul_nonneg_nonneg; lia).
      lia.
  - cbn [Nat.add]. rewrite failures_S, low_S, Nat2Z.inj_succ, Z.pow_succ_r by lia.
    transitivity (sum 0 (Z.to_nat R) (fun r =>
      R ^ Z.of_nat b * B * low a (after C r) + R ^ Z.of_nat b * (R ^ Z.of_nat a * (P * Zpos M)))).
    + rewrite Z.mul_comm, <- sum_scale. apply sum_le. intros r _. specialize (IH (after C r)). lia.
    + rewrite sum_plus, sum_scale, sum_const, Z2Nat.id by (rewrite size_eq; lia).
      apply Z.eq_le_incl. ring.
Qed.

Theorem lemma_r e g a b eps delta :
  0 <= e -> 0 < g -> e + g <= Zpos H ->
  (e + g) * QDen eps <= 2 * Qnum eps * Zpos M ->
  (* (7/8)^a M / (2 (2 e + 1)) + (3/4)^b M / (2 g) <= delta *)
  QDen delta * Zpos M * (7 ^ Z.of_nat a * 4 ^ Z.of_nat b * g
                         + 8 ^ Z.of_nat a * 3 ^ Z.of_nat b * (2 * e + 1))
  <= Qnum delta * (2 * (2 * e + 1) * g * 8 ^ Z.of_nat a * 4 ^ Z.of_nat b) ->
  suffices M (a + b) eps delta.
Proof.
  intros He Hg HH Heps Hdelta.
  apply all_but_count with (bad := fun rs => g <=? Zpos M - cov (run H (near e) rs)).
  - change (failures H g (a + b) (near e) * QDen delta <= Qnum delta * R ^ Z.of_nat (a + b)).
    set (v := 2 * e + 1) in *.
    assert (Hv : cov (near e) = v) by (apply covered_near; lia).
    pose proof (first_phase a (near e) ltac:(lia)) as H1. rewrite Hv in H1.
    pose proof (failures_two g a b (near e) Hg) as H2.
    rewrite Nat2Z.inj_add, Z.pow_add_r by lia.
    set (N := failures H g (a + b) (near e)) in *. set (L := low a (near e)) in *.
    set (A7 := 7 ^ Z.of_nat a) in *. set (A8 := 8 ^ Z.of_nat a) in *.
    set (B3 := 3 ^ Z.of_nat b) in *. set (B4 := 4 ^ Z.of_nat b) in *.
    set (Ta := R ^ Z.of_nat a) in *. set (Tb := R ^ Z.of_nat b) in *.
    assert (HTa : 0 < Ta) by apply power_pos. assert (HTb : 0 < Tb) by apply power_pos.
    assert (HA8 : 0 < A8) by (apply Z.pow_pos_nonneg; lia).
    assert (HB4 : 0 < B4) by (apply Z.pow_pos_nonneg; lia).
    assert (Hvpos : 0 < v) by (unfold v; lia).
    set (K := 2 * v * g * A8 * B4).
    assert (HK : 0 < K) by (unfold K; repeat apply Z.mul_pos_pos; lia).
    assert (E : N * K <= Ta * Tb * (Zpos M * (A7 * B4 * g + A8 * B3 * v))).
    { transitivity (v * A8 * (Tb * (L * (g * 2 * B4) + Ta * (B3 * Zpos M)))).
      - replace (N * K) with (v * A8 * (N * (g * 2 * B4))) by (unfold K; ring).
        apply Z.mul_le_mono_nonneg_l; [nia|exact H2].
      - assert (Tb * (g * B4) * (L * (2 * v * A8)) <= Tb * (g * B4) * (Zpos M * (A7 * Ta)))
          by (apply Z.mul_le_mono_nonneg_l; [nia|exact H1]).
        lia. }
    apply Z.mul_le_mono_pos_l with K; [exact HK|].
    transitivity (QDen delta * (Ta * Tb * (Zpos M * (A7 * B4 * g + A8 * B3 * v)))).
    { replace (K * (N * QDen delta)) with (QDen delta * (N * K)) by ring.
      apply Z.mul_le_mono_nonneg_l; [lia|exact E]. }
    replace (QDen delta * (Ta * Tb * (Zpos M * (A7 * B4 * g + A8 * B3 * v))))
      with (Ta * Tb * (QDen delta * Zpos M * (A7 * B4 * g + A8 * B3 * v))) by ring.
    replace (K * (Qnum delta * (Ta * Tb))) with (Ta * Tb * (Qnum delta * K)) by ring.
    apply Z.mul_le_mono_nonneg_l; [nia|]. unfold K. exact Hdelta.
  - intros rs _ Hbad. apply Z.leb_gt in Hbad.
    apply (finished_reaches H rs e g); try lia; assumption.
Qed.

End TwoPhases.

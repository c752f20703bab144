(** The law that is sampled, and what the theorems say about it.

    A draw r is one of the 4 M integers 0, ..., 4 M - 1, all equally likely. The item is the
    integer k = lo + ((r + 1) >> 1) with lo = -M: every k strictly between -M and M comes from two
    draws, the two ends from one each. This is U[-1, 1] rounded to the nearest multiple of 1 / M.
    Probability is counting: a sample of n items is a list of n draws, there are (4 M)^n. *)

From Coq Require Import ZArith QArith Qabs List Lia.
From slt Require Import Sums.
Import ListNotations.
Open Scope Z_scope.

(** The rounded uniform law with ends [lo] and [hi]: a draw is in [0, 2 (hi - lo)). *)
Definition draws (lo hi : Z) : Z := 2 * (hi - lo).
Definition item (lo r : Z) : Z := lo + Z.shiftr (r + 1) 1.

(** U[-1, 1] on the multiples of 1 / M. *)
Definition size (M : positive) : Z := draws (- Zpos M) (Zpos M).
Definition items (M : positive) (rs : list Z) : list Z := map (item (- Zpos M)) rs.

Definition sample (M : positive) (n : nat) (rs : list Z) : Prop :=
  length rs = n /\ Forall (fun r => 0 <= r < size M) rs.

(** All samples of n draws but a fraction [delta] are good. *)
Definition all_but (delta : Q) (M : positive) (n : nat) (good : list Z -> Prop) : Prop :=
  exists bad : list (list Z),
    Z.of_nat (length bad) * QDen delta <= Qnum delta * size M ^ Z.of_nat n /\
    forall rs, sample M n rs -> In rs bad \/ good rs.

(** The sum of the items that a mask keeps. *)
Fixpoint kept (mask : list bool) (ks : list Z) : Z :=
  match mask, ks with
  | b :: mask', k :: ks' => (if b then k else 0) + kept mask' ks'
  | _, _ => 0
  end.

(** Every target z of [lo, hi] has a subset whose sum is within [error] of z. Integers are
    multiples of 1 / M; targets are all rational numbers. *)
Definition reaches (M : positive) (error lo hi : Q) (ks : list Z) : Prop :=
  forall z : Q, (lo <= z)%Q -> (z <= hi)%Q ->
    exists mask, length mask = length ks /\ (Qabs (z - (kept mask ks # M)) <= error)%Q.

(** n items of U[-1, 1] on the multiples of 1 / M reach all of [-1/2, 1/2] within 2 eps, with
    probability at least 1 - delta. *)
Definition suffices (M : positive) (n : nat) (eps delta : Q) : Prop :=
  all_but delta M n (fun rs => reaches M (2 * eps) (-1 # 2) (1 # 2) (items M rs)).

(** ** All samples, and counting them *)

Definition range (n : Z) : list Z := map Z.of_nat (seq 0 (Z.to_nat n)).

Fixpoint samples (R : Z) (n : nat) : list (list Z) :=
  match n with
  | O => [[]]
  | S m => flat_map (fun r => map (cons r) (samples R m)) (range R)
  end.

Definition count (R : Z) (n : nat) (P : list Z -> bool) : Z :=
  Z.of_nat (length (filter P (samples R n))).

Lemma in_range n r : In r (range n) <-> 0 <= r < n.
Proof.
  unfold range. rewrite in_map_iff. split.
  - intros [i [<- Hi]]. apply in_seq in Hi. lia.
  - intros H. exists (Z.to_nat r). rewrite in_seq. lia.
Qed.

Lemma in_samples R n rs :
  In rs (samples R n) <-> length rs = n /\ Forall (fun r => 0 <= r < R) rs.
Proof.
  revert rs. induction n as [|n IH]; intros rs; cbn [samples].
  - cbn. split.
    + intros [<-|[]]. split; [reflexivity|constructor].
    + intros [H _]. destruct rs; [now left|discriminate].
  - rewrite in_flat_map. split.
    + intros [r [Hr H]]. apply in_map_iff in H. destruct H as [l [<- Hl]].
      apply IH in Hl. destruct Hl as [Hl HF]. cbn. split; [congruence|].
      constructor; [now apply in_range|exact HF].
    + intros [Hl HF]. destruct rs as [|r l]; [discriminate|].
      inversion HF; subst. exists r. split; [now apply in_range|].
      apply in_map. apply IH. split; [cbn in Hl; congruence|assumption].
Qed.

Lemma count_0 R P : count R 0 P = one_if (P []).
Proof. unfold count. cbn. destruct (P []); reflexivity. Qed.

Lemma count_range (f : Z -> list (list Z)) P a n :
  Z.of_nat (length (filter P (flat_map f (map Z.of_nat (seq a n)))))
  = sum (Z.of_nat a) n (fun r => Z.of_nat (length (filter P (f r)))).
Proof.
  revert a. induction n as [|n IH]; intros a; [reflexivity|].
  cbn [seq map flat_map]. rewrite filter_app, app_length, Nat2Z.inj_add, IH, sum_first.
  do 2 f_equal. lia.
Qed.

Lemma filter_cons (P : list Z -> bool) r l :
  length (filter P (map (cons r) l)) = length (filter (fun x => P (r :: x)) l).
Proof.
  induction l as [|x l IH]; cbn; [reflexivity|].
  destruct (P (r :: x)); cbn; rewrite IH; reflexivity.
Qed.

(** Condition on the first draw. *)
Lemma count_S R n P :
  count R (S n) P = sum 0 (Z.to_nat R) (fun r => count R n (fun l => P (r :: l))).
Proof.
  unfold count. cbn [samples]. unfold range. rewrite count_range.
  apply sum_ext. intros r _. rewrite filter_cons. reflexivity.
Qed.

Lemma count_all R n : 0 <= R -> Z.of_nat (length (samples R n)) = R ^ Z.of_nat n.
Proof.
  intros HR.
  assert (H : count R n (fun _ => true) = R ^ Z.of_nat n).
  { induction n as [|n IH]; [rewrite count_0; reflexivity|].
    rewrite count_S. erewrite sum_ext; [|intros; exact IH].
    rewrite sum_const, Nat2Z.inj_succ, Z.pow_succ_r by lia. f_equal. lia. }
  rewrite <- H. unfold count. f_equal. f_equal.
  induction (samples R n) as [|x l IH]; cbn; congruence.
Qed.

Lemma count_mono R n (P P' : list Z -> bool) :
  (forall rs, In rs (samples R n) -> P rs = true -> P' rs = true) -> count R n P <= count R n P'.
Proof.
  unfold count. intros H. apply inj_le.
  induction (samples R n) as [|x l IH]; cbn; [lia|].
  assert (length (filter P l) <= length (filter P' l))%nat
    by (apply IH; intros; apply H; [now right|assumption]).
  destruct (P x) eqn:E.
  - rewrite (H x); [cbn; lia|now left|exact E].
  - destruct (P' x); cbn; lia.
Qed.

Lemma count_ext R n (P P' : list Z -> bool) :
  (forall rs, P rs = P' rs) -> count R n P = count R n P'.
Proof. intros H. apply Z.le_antisymm; apply count_mono; intros; congruence. Qed.

Lemma count_nonneg R n P : 0 <= count R n P.
Proof. unfold count. lia. Qed.

(** A counted exception gives the statement. *)
Lemma all_but_count delta M n (bad : list Z -> bool) (good : list Z -> Prop) :
  count (size M) n bad * QDen delta <= Qnum delta * size M ^ Z.of_nat n ->
  (forall rs, sample M n rs -> bad rs = false -> good rs) ->
  all_but delta M n good.
Proof.
  intros Hc Hg. exists (filter bad (samples (size M) n)). split; [exact Hc|].
  intros rs Hs. destruct (bad rs) eqn:E.
  - left. apply filter_In. split; [now apply in_samples|exact E].
  - right. now apply Hg.
Qed.

Lemma all_but_weaken delta M n (good good' : list Z -> Prop) :
  (forall rs, sample M n rs -> good rs -> good' rs) ->
  all_but delta M n good -> all_but delta M n good'.
Proof.
  intros H [bad [Hb Hg]]. exists bad. split; [exact Hb|].
  intros rs Hs. destruct (Hg rs Hs); [now left|right; now apply H].
Qed.

(** ** The law, summed *)

Lemma size_eq M : size M = 4 * Zpos M.
Proof. unfold size, draws. lia. Qed.

Lemma power_pos M t : 0 < size M ^ Z.of_nat t.
Proof. apply Z.pow_pos_nonneg; [rewrite size_eq|]; lia. Qed.

Lemma item_eq lo r : item lo r = lo + (r + 1) / 2.
Proof. unfold item. rewrite Z.shiftr_div_pow2 by lia. reflexivity. Qed.

(** Over all draws, each k in (-M, M) is met twice: exact wherever f vanishes at the ends. *)
Lemma sum_over_draws M (f : Z -> Z) :
  f (- Zpos M) = 0 -> f (Zpos M) = 0 ->
  sum 0 (Z.to_nat (size M)) (fun r => f (item (- Zpos M) r))
  = 2 * sum (- Zpos M) (Z.to_nat (2 * Zpos M)) f.
Proof.
  intros Hlo Hhi.
  replace (Z.to_nat (size M)) with (2 * Z.to_nat (2 * Zpos M))%nat by (rewrite size_eq; lia).
  rewrite (sum_ext _ _ _ (fun r => f ((r + 1) / 2 + - Zpos M)))
    by (intros; rewrite item_eq; f_equal; lia).
  pose proof (sum_halves (Z.to_nat (2 * Zpos M)) (fun k => f (k + - Zpos M))) as H.
  cbv beta in H. rewrite H, sum_shift.
  replace (Z.of_nat (Z.to_nat (2 * Zpos M)) + - Zpos M) with (Zpos M) by lia.
  rewrite !Z.add_0_l, Hlo, Hhi. lia.
Qed.

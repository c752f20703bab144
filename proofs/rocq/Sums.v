(** Finite sums of integers over intervals: [sum a n f] is f(a) + ... + f(a + n - 1). *)

From Coq Require Import ZArith List Lia.
Open Scope Z_scope.

Fixpoint sum (a : Z) (n : nat) (f : Z -> Z) : Z :=
  match n with
  | O => 0
  | S m => sum a m f + f (a + Z.of_nat m)
  end.

Lemma sum_ext a n f g :
  (forall i, a <= i < a + Z.of_nat n -> f i = g i) -> sum a n f = sum a n g.
Proof.
  induction n as [|n IH]; intros H; cbn [sum]; [reflexivity|].
  rewrite IH, H; [reflexivity|lia|]. intros; apply H; lia.
Qed.

Lemma sum_le a n f g :
  (forall i, a <= i < a + Z.of_nat n -> f i <= g i) -> sum a n f <= sum a n g.
Proof.
  induction n as [|n IH]; intros H; cbn [sum]; [lia|].
  assert (f (a + Z.of_nat n) <= g (a + Z.of_nat n)) by (apply H; lia).
  assert (sum a n f <= sum a n g) by (apply IH; intros; apply H; lia).
  lia.
Qed.

Lemma sum_plus a n f g : sum a n (fun i => f i + g i) = sum a n f + sum a n g.
Proof. induction n as [|n IH]; cbn [sum]; lia. Qed.

Lemma sum_scale a n c f : sum a n (fun i => c * f i) = c * sum a n f.
Proof. induction n as [|n IH]; cbn [sum]; lia. Qed.

Lemma sum_const a n c : sum a n (fun _ => c) = Z.of_nat n * c.
Proof. induction n as [|n IH]; cbn [sum]; lia. Qed.

Lemma sum_zero a n f : (forall i, a <= i < a + Z.of_nat n -> f i = 0) -> sum a n f = 0.
Proof.
  intros H. rewrite (sum_ext a n f (fun _ => 0)) by assumption. rewrite sum_const. lia.
Qed.

Lemma sum_nonneg a n f :
  (forall i, a <= i < a + Z.of_nat n -> 0 <= f i) -> 0 <= sum a n f.
Proof.
  intros H. replace 0 with (sum a n (fun _ => 0)) by (rewrite sum_const; lia).
  now apply sum_le.
Qed.

(** Double counting. *)
Lemma sum_swap a n b m (f : Z -> Z -> Z) :
  sum a n (fun i => sum b m (fun j => f i j)) = sum b m (fun j => sum a n (fun i => f i j)).
Proof.
  induction n as [|n IH]; cbn [sum].
  - rewrite sum_const. lia.
  - rewrite IH, <- sum_plus. reflexivity.
Qed.

Lemma sum_shift a n d f : sum a n (fun i => f (i + d)) = sum (a + d) n f.
Proof.
  induction n as [|n IH]; cbn [sum]; [reflexivity|].
  rewrite IH. f_equal. f_equal. lia.
Qed.

Lemma sum_split a n m f : sum a (n + m) f = sum a n f + sum (a + Z.of_nat n) m f.
Proof.
  induction m as [|m IH].
  - rewrite Nat.add_0_r. cbn [sum]. lia.
  - rewrite Nat.add_succ_r. cbn [sum]. rewrite IH.
    replace (a + Z.of_nat (n + m)) with (a + Z.of_nat n + Z.of_nat m) by lia. lia.
Qed.

Lemma sum_first a n f : sum a (S n) f = f a + sum (a + 1) n f.
Proof.
  change (S n) with (1 + n)%nat. rewrite sum_split. cbn [sum].
  rewrite !Z.add_0_r, Z.add_0_l. reflexivity.
Qed.

(** Read backwards: i runs through [a, a + n), c - i through [c - a - n + 1, c - a]. *)
Lemma sum_reverse a n c f :
  sum a n (fun i => f (c - i)) = sum (c - a - Z.of_nat n + 1) n f.
Proof.
  revert a. induction n as [|n IH]; intros a; [reflexivity|].
  rewrite sum_first, IH. cbn [sum].
  replace (c - (a + 1) - Z.of_nat n + 1) with (c - a - Z.of_nat (S n) + 1) by lia.
  replace (c - a - Z.of_nat (S n) + 1 + Z.of_nat n) with (c - a) by lia. lia.
Qed.

(** A summand that vanishes outside [a, a + n) may be summed over any larger interval. *)
Lemma sum_support a n b m f :
  b <= a -> a + Z.of_nat n <= b + Z.of_nat m ->
  (forall i, b <= i < b + Z.of_nat m -> ~ a <= i < a + Z.of_nat n -> f i = 0) ->
  sum b m f = sum a n f.
Proof.
  intros Hl Hr H.
  replace m with (Z.to_nat (a - b) + (n + Z.to_nat (b + Z.of_nat m - a - Z.of_nat n)))%nat by lia.
  rewrite !sum_split.
  replace (b + Z.of_nat (Z.to_nat (a - b))) with a by lia.
  rewrite (sum_zero b), (sum_zero (a + Z.of_nat n)); [lia| |]; intros; apply H; lia.
Qed.

(** A non-negative summand: a smaller interval has a smaller sum. *)
Lemma sum_inside a n b m f :
  b <= a -> a + Z.of_nat n <= b + Z.of_nat m ->
  (forall i, b <= i < b + Z.of_nat m -> 0 <= f i) ->
  sum a n f <= sum b m f.
Proof.
  intros Hl Hr H.
  replace m with (Z.to_nat (a - b) + (n + Z.to_nat (b + Z.of_nat m - a - Z.of_nat n)))%nat by lia.
  rewrite !sum_split.
  replace (b + Z.of_nat (Z.to_nat (a - b))) with a by lia.
  assert (0 <= sum b (Z.to_nat (a - b)) f) by (apply sum_nonneg; intros; apply H; lia).
  assert (0 <= sum (a + Z.of_nat n) (Z.to_nat (b + Z.of_nat m - a - Z.of_nat n)) f)
    by (apply sum_nonneg; intros; apply H; lia).
  lia.
Qed.

(** The doubled index with half-weight ends: 0, 1, 1, 2, 2, ..., n - 1, n - 1, n. *)
Lemma sum_halves n f :
  sum 0 (2 * n) (fun r => f ((r + 1) / 2)) = 2 * sum 0 n f - f 0 + f (Z.of_nat n).
Proof.
  induction n as [|n IH].
  - cbn. lia.
  - replace (2 * S n)%nat with (S (S (2 * n))) by lia. cbn [sum]. rewrite IH.
    replace ((0 + Z.of_nat (2 * n) + 1) / 2) with (Z.of_nat n)
      by (apply (Z.div_unique _ _ _ 1); lia).
    replace ((0 + Z.of_nat (S (2 * n)) + 1) / 2) with (Z.of_nat (S n))
      by (apply (Z.div_unique _ _ _ 0); lia).
    rewrite !Z.add_0_l. lia.
Qed.

Definition one_if (b : bool) : Z := if b then 1 else 0.

Lemma one_if_range b : 0 <= one_if b <= 1.
Proof. destruct b; cbn; lia. Qed.

(** Fewer than n exceptions among n points: one point is no exception. *)
Lemma some_point a n (P : Z -> bool) :
  sum a n (fun z => 1 - one_if (P z)) < Z.of_nat n ->
  exists z, a <= z < a + Z.of_nat n /\ P z = true.
Proof.
  induction n as [|n IH]; intros H.
  - cbn in H. lia.
  - cbn [sum] in H. destruct (P (a + Z.of_nat n)) eqn:E.
    + exists (a + Z.of_nat n). split; [clear; lia|exact E].
    + unfold one_if in H at 2. destruct IH as [z [Hz Pz]]; [lia|].
      exists z. split; [clear - Hz; lia|exact Pz].
Qed.

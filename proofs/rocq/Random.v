(** A dense layer inside a random two-layer network, every weight of which is drawn.

    The source has d inputs, p outputs and 8 d N hidden ReLU units (j, s, b, h): N candidates h for
    each input j, sign s and part b < 4. All its (d + p) 8 d N weights are U[-1, 1] on the multiples
    of 1 / M, M = 2 H, independent. Of N candidates at least n have a lucky first weight for their
    own input, but for a binomial tail. The first n of them are used, the masks drop the others. The
    second weights are independent of that choice, so the theorem on given first weights does the
    rest ([layer_from_lists]). *)

From Coq Require Import ZArith QArith Qabs Lqa List Lia Bool.
From slt Require Import Sums Law Products Layer Pensia Lucky.
Import ListNotations.
Open Scope Z_scope.

(** ** The source *)

Section Source.

Variable M : positive.
Variables (d p N : nat).

(** The hidden units, and the number of each. *)
Definition units : nat := (d * 8 * N)%nat.

Definition number (j : nat) (s : bool) (b h : nat) : nat :=
  (((j * 2 + (if s then 0 else 1)) * 4 + b) * N + h)%nat.

(** The draw of the first weight of hidden number (j, s, b, h) for input j': those for the units' own
    inputs come first, one for each unit, then those for the next input, and so on around. *)
Definition place (j : nat) (s : bool) (b h j' : nat) : nat :=
  ((j' + d - j) mod d * units + number j s b h)%nat.

Definition first_weight (rs : list Z) (j : nat) (s : bool) (b h j' : nat) : Q :=
  nth (place j s b h j') (items M rs) 0%Z # M.

(** The source contains every target: its first d [units] draws are the first weights, the
    remaining p [units] draws the second weights, output by output. *)
Definition random_contains (error : Q) (rs : list Z) : Prop :=
  contains M d p 4 N (first_weight (firstn (d * units) rs)) error (skipn (d * units) rs).

Lemma units_blocks : units = (blocks d 1 4 * N)%nat.
Proof. unfold units, blocks. lia. Qed.

Lemma number_bound j s b h : (j < d)%nat -> (b < 4)%nat -> (h < N)%nat -> (number j s b h < units)%nat.
Proof.
  intros Hj Hb Hh. rewrite units_blocks.
  pose proof (block_bound d 1 4 0 j s b ltac:(lia) Hj Hb) as Hk.
  change (number j s b h) with (block d 4 0 j s b * N + h)%nat. nia.
Qed.

(** Each first weight has a draw of its own. *)
Lemma place_bound j s b h j' : (j < d)%nat -> (b < 4)%nat -> (h < N)%nat ->
  (place j s b h j' < d * units)%nat.
Proof.
  intros Hj Hb Hh. pose proof (number_bound j s b h Hj Hb Hh). unfold place.
  pose proof (Nat.mod_upper_bound (j' + d - j) d ltac:(lia)). nia.
Qed.

Lemma quotient_unique a b q r q' r' :
  (r < a)%nat -> (r' < a)%nat -> (q * a + r = b)%nat -> (q' * a + r' = b)%nat -> q = q' /\ r = r'.
Proof. intros. destruct (Nat.lt_trichotomy q q') as [L|[->|L]]; [nia|lia|nia]. Qed.

Lemma place_distinct j s b h j' k t c i k' :
  (j < d)%nat -> (b < 4)%nat -> (h < N)%nat -> (j' < d)%nat ->
  (k < d)%nat -> (c < 4)%nat -> (i < N)%nat -> (k' < d)%nat ->
  place j s b h j' = place k t c i k' -> j = k /\ s = t /\ b = c /\ h = i /\ j' = k'.
Proof.
  intros Hj Hb Hh Hj' Hk Hc Hi Hk' E.
  pose proof (number_bound j s b h Hj Hb Hh) as B1. pose proof (number_bound k t c i Hk Hc Hi) as B2.
  destruct (quotient_unique _ _ _ _ _ _ B1 B2 E eq_refl) as [E1 E2].
  destruct (quotient_unique _ _ _ _ _ _ Hh Hi E2 eq_refl) as [E3 ->].
  destruct (quotient_unique _ _ _ _ _ _ Hb Hc E3 eq_refl) as [E4 ->].
  assert (j = k /\ s = t) as [-> ->] by (destruct s, t; split; try reflexivity; lia).
  repeat split.
  assert (G : forall x, (x < d)%nat ->
    ((x + d - k) mod d = if x <? k then x + d - k else x - k)%nat).
  { intros x Hx. destruct (Nat.ltb_spec x k); [apply Nat.mod_small; lia|].
    replace (x + d - k)%nat with (x - k + 1 * d)%nat by lia.
    rewrite Nat.mod_add by lia. apply Nat.mod_small. lia. }
  rewrite !G in E1 by assumption.
  destruct (Nat.ltb_spec j' k), (Nat.ltb_spec k' k); lia.
Qed.

Lemma nth_chunk k h (l : list Z) :
  (h < N)%nat -> nth h (items M (chunk N k l)) 0 = nth (k * N + h) (items M l) 0.
Proof.
  intros Hh. unfold items, chunk. rewrite <- firstn_map, <- skipn_map.
  generalize (map (item (- Zpos M)) l) as l'. clear l. intros l.
  assert (G : forall a i (x : list Z), (i < a)%nat -> nth i (firstn a x) 0 = nth i x 0).
  { induction a as [|a IH]; intros i [|y x] Hi; try lia; destruct i; try reflexivity.
    cbn. apply IH. lia. }
  rewrite G by exact Hh. clear G. generalize (k * N)%nat as a. intros a. revert l.
  induction a as [|a IH]; intros [|y l]; try reflexivity; [now destruct h|]. apply IH.
Qed.

Lemma chunk_range k l :
  Forall (fun r => 0 <= r < size M) l -> Forall (fun r => 0 <= r < size M) (chunk N k l).
Proof.
  intros HF. unfold chunk. rewrite <- (firstn_skipn (k * N) l) in HF.
  apply Forall_app in HF. destruct HF as [_ HF]. rewrite <- (firstn_skipn N) in HF.
  apply Forall_app in HF. apply HF.
Qed.

End Source.

(** ** The theorem *)

Section Layer.

Variable H : positive.
Notation M := (2 * H)%positive.
Variables (d p N n m : nat).
Notation units := (units d N).

(** Enough candidates of each kind are lucky. *)
Definition all_lucky (own : list Z) : Prop :=
  forall kb, (kb < blocks d 1 4)%nat ->
    (n <= length (filter (lucky H (sign_of 4 kb)) (chunk N kb own)))%nat.

(** Given the first weights, and enough lucky ones among them. *)
Lemma after_first_weights own others eps delta delta' :
  sample M units own -> all_lucky own ->
  suffices H m eps delta ->
  (tail n m * QDen delta + Qnum delta * 2 ^ Z.of_nat n) * QDen delta'
  <= Qnum delta' * (QDen delta * 2 ^ Z.of_nat n) ->
  all_but (times (blocks d p 4) delta') M (blocks d p 4 * N)
    (contains M d p 4 N (first_weight M d N (own ++ others))
              (inject_Z 4 * (eps + (Z.of_nat n # 2 * M)))).
Proof.
  intros [Hlen HF] Hlucky Hs Hd.
  set (ks := fun j s b => chosen H s n (chunk N (block d 4 0 j s b) own)).
  assert (Hspec : forall j s b, (j < d)%nat -> (b < 4)%nat ->
    (n <= length (filter (lucky H s) (chunk N (block d 4 0 j s b) own)))%nat).
  { intros j s b Hj Hb. destruct (block_parts d 4 0 j s b Hj Hb) as [_ [Es _]].
    pose proof (Hlucky _ (block_bound d 1 4 0 j s b ltac:(lia) Hj Hb)) as Hn.
    now rewrite Es in Hn. }
  apply (layer_from_lists H d p N n m ks (first_weight M d N (own ++ others))) with delta;
    try assumption.
  - intros j s b Hj Hb.
    destruct (chosen_spec H s _ n (chunk_range M N (block d 4 0 j s b) own HF) (Hspec j s b Hj Hb))
      as [H1 [H2 [H3 _]]].
    repeat split; [|exact H2|exact H3]. unfold ks. rewrite H1.
    rewrite units_blocks in Hlen.
    pose proof (chunk_length M d 1 4 N _ own Hlen (block_bound d 1 4 0 j s b ltac:(lia) Hj Hb)) as Hc.
    unfold items in Hc. now rewrite map_length in Hc.
  - intros j s b h Hj Hb Hh Hnz.
    destruct (chosen_spec H s _ n (chunk_range M N (block d 4 0 j s b) own HF) (Hspec j s b Hj Hb))
      as [_ [_ [_ H4]]].
    specialize (H4 h Hnz). rewrite nth_chunk in H4 by exact Hh.
    change (block d 4 0 j s b * N + h)%nat with (number N j s b h) in H4.
    unfold first_weight, place. replace (j + d - j)%nat with d by lia.
    rewrite Nat.mod_same, Nat.mul_0_l, Nat.add_0_l by lia.
    unfold items. rewrite map_app. rewrite app_nth1
      by (rewrite map_length, Hlen; now apply number_bound).
    fold (items M own). rewrite H4. fold (ks j s b).
    destruct s; unfold sign, Qeq, Qmult; cbn [Qnum Qden]; lia.
Qed.

(** The theorem. Let m items of U[-1, 1] reach every target of [-1/2, 1/2] within 2 eps but for a
    fraction delta of the samples, on the lattice of step 2 / M; let

      delta' >= delta + P(Bin(n, 1/2) < m)   and   tau >= P(Bin(N, 1/4) < n).

    Then all but a fraction 8 d tau + 8 d p delta' of the draws of all the weights of a network with
    d inputs, 8 d N hidden ReLU units and p outputs are such that, for every p x d matrix W with
    entries in [-1, 1], there are masks with |f_i(x) - (W x)_i| <= 4 (eps + n / (2 M)) sum_j |x_j|
    for every input x and output i. *)
Theorem random_layer eps delta delta' tau :
  (0 < d)%nat ->
  suffices H m eps delta ->
  (tail n m * QDen delta + Qnum delta * 2 ^ Z.of_nat n) * QDen delta'
  <= Qnum delta' * (QDen delta * 2 ^ Z.of_nat n) ->
  rare 3 N n * QDen tau <= Qnum tau * 4 ^ Z.of_nat N ->
  all_but (times (8 * d) tau + times (8 * (d * p)) delta') M ((d + p) * units)
          (random_contains M d p N (4 * (eps + (Z.of_nat n # 2 * M)))).
Proof.
  intros Hd0 Hs Hd Ht. set (e := (4 * (eps + (Z.of_nat n # 2 * M)))%Q).
  replace (8 * d)%nat with (blocks d 1 4) by (unfold blocks; lia).
  replace (8 * (d * p))%nat with (blocks d p 4) by (unfold blocks; lia).
  replace ((d + p) * units)%nat with (units + ((d - 1) * units + blocks d p 4 * N))%nat
    by (unfold units, blocks; nia).
  assert (H0 : 0 <= Qnum (times (blocks d p 4) delta')).
  { assert (0 <= Qnum delta) by (eapply all_but_nonneg; exact Hs).
    assert (0 <= tail n m).
    { clear. revert m. induction n as [|n' IH]; intros [|m]; cbn [tail]; try lia.
      pose proof (IH (S m)). pose proof (IH m). lia. }
    assert (0 < 2 ^ Z.of_nat n) by (apply Z.pow_pos_nonneg; lia).
    assert (0 <= tail n m * QDen delta + Qnum delta * 2 ^ Z.of_nat n) by nia.
    assert (0 <= Qnum delta') by nia. cbn. nia. }
  apply (all_but_weaken _ _ _ (fun rs => random_contains M d p N e (firstn units rs ++ skipn units rs))).
  { intros rs _. now rewrite firstn_skipn. }
  apply (all_but_then _ _ M units _ all_lucky (fun own rest => random_contains M d p N e (own ++ rest)));
    [exact H0| |].
  - rewrite units_blocks. apply (each_block M N (blocks d 1 4) tau
      (fun kb rs => (n <= length (filter (lucky H (sign_of 4 kb)) rs))%nat)).
    intros kb _. now apply (enough_lucky H (sign_of 4 kb) N n).
  - intros own Hown Hlucky.
    apply all_but_le with (0 + times (blocks d p 4) delta')%Q; [rewrite Qplus_0_l; apply Qle_refl|].
    set (a := ((d - 1) * units)%nat).
    apply (all_but_weaken _ _ _
      (fun rest => random_contains M d p N e (own ++ firstn a rest ++ skipn a rest))).
    { intros rs _. now rewrite firstn_skipn. }
    apply (all_but_then 0 _ M a _ (fun _ => True)
      (fun others second => random_contains M d p N e (own ++ others ++ second))); [exact H0| |].
    { now apply all_but_sure. }
    intros others [Ho _] _.
    apply (all_but_weaken _ _ _ (contains M d p 4 N (first_weight M d N (own ++ others)) e)).
    + intros rs _ C. unfold random_contains.
      assert (Hl : length (own ++ others) = (d * units)%nat).
      { destruct Hown as [Hown _]. rewrite app_length, Hown, Ho. unfold a. nia. }
      rewrite app_assoc, firstn_app, skipn_app, <- Hl, Nat.sub_diag, firstn_all, skipn_all.
      cbn [firstn skipn app]. rewrite app_nil_r. exact C.
    + now apply (after_first_weights own others eps delta delta').
Qed.

End Layer.

(** A larger error is allowed. *)
Lemma random_contains_le M d p N error error' rs : (error <= error')%Q ->
  random_contains M d p N error rs -> random_contains M d p N error' rs.
Proof.
  intros He C W HW. destruct (C W HW) as [keeps [uses HC]]. exists keeps, uses. intros x i Hi.
  assert (Hx : (0 <= Qsum d (fun j => Qabs (x j)))%Q).
  { clear. induction d as [|d' IH]; cbn [Qsum]; [apply Qle_refl|].
    pose proof (Qabs_nonneg (x d')). lra. }
  assert (error * Qsum d (fun j => Qabs (x j)) <= error' * Qsum d (fun j => Qabs (x j)))%Q
    by (apply Qmult_le_compat_r; assumption).
  destruct (HC x i Hi). split; eapply Qle_trans; eassumption.
Qed.

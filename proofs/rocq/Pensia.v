(** A dense layer with given first weights: the products of Pensia's gadget.

    Each hidden unit (j, s, b, h) that is used has a first weight s k / M for its input j with
    M / 2 <= k <= M; its other first weights are arbitrary, the masks drop them. Units with k = 0
    are not used at all, and their first weights are arbitrary. A target weight is four parts of
    [-1/4, 1/4], each a subset sum of products. *)

From Coq Require Import ZArith QArith Qabs Lqa List Lia Bool Setoid.
From slt Require Import Sums Law Floor Products Layer.
Import ListNotations.
Open Scope Z_scope.

(** ** Products with some first weights set to zero *)

Definition nonzero (k : Z) : bool := negb (k =? 0).

(** The draws that belong to first weights other than zero. *)
Fixpoint used (ks rs : list Z) : list Z :=
  match ks, rs with
  | k :: ks', r :: rs' => if nonzero k then r :: used ks' rs' else used ks' rs'
  | _, _ => []
  end.

(** They are a sample: each one comes from equally many samples of all. *)
Lemma count_used R ks P : 0 <= R ->
  count R (length ks) (fun rs => P (used ks rs)) * R ^ Z.of_nat (length (filter nonzero ks))
  = R ^ Z.of_nat (length ks) * count R (length (filter nonzero ks)) P.
Proof.
  intros HR. revert P. induction ks as [|k ks IH]; intros P.
  - cbn [length filter]. rewrite !count_0. cbn [used]. lia.
  - cbn [length filter]. rewrite count_S, Nat2Z.inj_succ, Z.pow_succ_r by lia. cbn [used].
    destruct (nonzero k) eqn:E; cbn [length].
    + rewrite count_S, Nat2Z.inj_succ, Z.pow_succ_r by lia.
      rewrite <- (sum_scale _ _ (R * R ^ Z.of_nat (length ks))).
      rewrite Z.mul_comm, <- sum_scale. apply sum_ext. intros r _.
      pose proof (IH (fun l => P (r :: l))) as H. cbv beta in H. nia.
    + rewrite sum_const, Z2Nat.id by lia. pose proof (IH P). nia.
Qed.

Lemma sample_used M ks rs :
  sample M (length ks) rs -> sample M (length (filter nonzero ks)) (used ks rs).
Proof.
  intros [Hl HF]. revert rs Hl HF.
  induction ks as [|k ks IH]; intros [|r rs] Hl HF; try discriminate; [now split|].
  injection Hl as Hl. inversion HF as [|? ? Hr HF']; subst. cbn [filter used].
  destruct (IH rs Hl HF') as [Hl' HF''].
  destruct (nonzero k); split; cbn [length]; try congruence; try assumption. now constructor.
Qed.

(** Zero first weights add nothing. *)
Lemma kept_used M ks rs mask :
  length ks = length rs ->
  length mask = length (products (filter nonzero ks) (items M (used ks rs))) ->
  exists full, length full = length (products ks (items M rs)) /\
    kept full (products ks (items M rs))
    = kept mask (products (filter nonzero ks) (items M (used ks rs))).
Proof.
  revert rs mask. induction ks as [|k ks IH]; intros [|r rs] mask Hl Hm; try discriminate.
  - exists []. cbn in *. destruct mask; [now split|discriminate].
  - injection Hl as Hl. cbn [filter used] in *. destruct (nonzero k) eqn:E.
    + cbn [items map products length] in *. destruct mask as [|b mask]; [discriminate|].
      injection Hm as Hm. destruct (IH rs mask Hl Hm) as [full [Hf Hk]].
      exists (b :: full). cbn [length kept]. split; [now f_equal|].
      unfold items in *. now rewrite Hk.
    + destruct (IH rs mask Hl Hm) as [full [Hf Hk]].
      exists (false :: full). cbn [items map products length kept]. split; [now f_equal|]. exact Hk.
Qed.

Lemma used_suffices M e delta ks :
  all_but delta M (length (filter nonzero ks))
    (fun rs => reaches (M * M) e (-1 # 4) (1 # 4) (products (filter nonzero ks) (items M rs))) ->
  all_but delta M (length ks)
    (fun rs => reaches (M * M) e (-1 # 4) (1 # 4) (products ks (items M rs))).
Proof.
  intros [bad [Hb Hg]].
  set (is_bad := fun l => if in_dec (list_eq_dec Z.eq_dec) l bad then true else false).
  apply all_but_count with (bad := fun rs => is_bad (used ks rs)).
  - assert (HR : 0 <= size M) by (rewrite size_eq; lia).
    pose proof (count_used (size M) ks is_bad HR) as Hc.
    set (n := length (filter nonzero ks)) in *.
    assert (Hle : count (size M) n is_bad <= Z.of_nat (length bad)).
    { apply inj_le. apply NoDup_incl_length; [apply NoDup_filter, nodup_samples|].
      intros l Hl. apply filter_In in Hl. destruct Hl as [_ Hl]. unfold is_bad in Hl.
      destruct (in_dec _ l bad); [assumption|discriminate]. }
    pose proof (power_pos M n) as HS. pose proof (power_pos M (length ks)) as HT.
    set (S := size M ^ Z.of_nat n) in *. set (T := size M ^ Z.of_nat (length ks)) in *.
    set (c := count (size M) n is_bad) in *.
    set (A := count (size M) (length ks) (fun rs => is_bad (used ks rs))) in *.
    apply Z.mul_le_mono_pos_l with S; [exact HS|].
    assert (c * QDen delta <= Qnum delta * S).
    { etransitivity; [|exact Hb]. apply Z.mul_le_mono_nonneg_r; [lia|exact Hle]. }
    assert (T * (c * QDen delta) <= T * (Qnum delta * S)) by (apply Z.mul_le_mono_nonneg_l; lia).
    assert (A * S * QDen delta = T * c * QDen delta) by (f_equal; exact Hc). lia.
  - intros rs Hs Hbad z Hlo Hhi.
    destruct (Hg _ (sample_used M ks rs Hs)) as [Hin|Hgood].
    { unfold is_bad in Hbad. destruct (in_dec _ (used ks rs) bad); [discriminate|contradiction]. }
    destruct (Hgood z Hlo Hhi) as [mask [Hm Hz]]. destruct Hs as [Hl _].
    destruct (kept_used M ks rs mask ltac:(congruence) Hm) as [full [Hf Hk]].
    exists full. split; [exact Hf|]. now rewrite Hk.
Qed.

Lemma kept_products M mask ks ls :
  length ks = length ls -> length mask = length ls ->
  (Qsum (length ls) (fun h => if nth h mask false
                              then (nth h ks 0%Z # M) * (nth h ls 0%Z # M) else 0)
   == (kept mask (products ks ls) # M * M))%Q.
Proof.
  revert ks mask. induction ls as [|l ls IH]; intros [|k ks] [|b mask] Hk Hm; try discriminate;
    [reflexivity|].
  cbn [length]. rewrite Qsum_first. cbn [nth products kept].
  injection Hk as Hk. injection Hm as Hm. rewrite (IH ks mask Hk Hm).
  assert (E : forall u v, ((u # M * M) + (v # M * M) == (u + v # M * M))%Q).
  { intros u v. unfold Qeq, Qplus. cbn [Qnum Qden]. rewrite !Pos2Z.inj_mul. ring. }
  destruct b; [rewrite <- E; reflexivity|]. rewrite Z.add_0_l. ring.
Qed.

(** ** Hidden units that are dropped *)

(** If a source contains every target with some hidden units set to zero, it does with any first
    weights there: a mask drops them. *)
Lemma contains_dropped M d p B n first eps rs (on : nat -> bool -> nat -> nat -> bool) :
  contains M d p B n (fun j s b h j' => if on j s b h then first j s b h j' else 0%Q) eps rs ->
  contains M d p B n first eps rs.
Proof.
  intros C W HW. destruct (C W HW) as [keeps [uses HC]].
  exists (fun j s b h j' => on j s b h && keeps j s b h j')%bool, uses. intros x i Hi.
  assert (E : (network M d B n first rs (fun j s b h j' => on j s b h && keeps j s b h j')%bool uses x i
    == network M d B n (fun j s b h j' => if on j s b h then first j s b h j' else 0) rs keeps uses x i)%Q).
  { unfold network. apply Qsum_ext. intros j Hj. unfold both.
    assert (G : forall s, (Qsum B (fun b => Qsum n (fun h => if uses i j s b h
        then second M d B n rs i j s b h
             * hidden d first (fun j s b h j' => on j s b h && keeps j s b h j')%bool x j s b h else 0))
      == Qsum B (fun b => Qsum n (fun h => if uses i j s b h
        then second M d B n rs i j s b h
             * hidden d (fun j s b h j' => if on j s b h then first j s b h j' else 0) keeps x j s b h
        else 0)))%Q).
    { intros s. apply Qsum_ext. intros b _. apply Qsum_ext. intros h _.
      destruct (uses i j s b h); [|reflexivity]. apply Qmult_comp; [reflexivity|].
      unfold hidden. apply relu_eq, Qsum_ext. intros j' _.
      destruct (on j s b h), (keeps j s b h j'); cbn [andb]; ring. }
    rewrite !G. reflexivity. }
  destruct (HC x i Hi) as [H1 H2]. split.
  - rewrite E. exact H1.
  - rewrite (relu_eq _ _ E). exact H2.
Qed.

Section Layer.

Variable H : positive.
Notation M := (2 * H)%positive.
Variables (d p N n m : nat).

(** The first weights of N candidates for input j, sign s and part b, in multiples of 1 / M; those
    that are not used are 0 in the list, and anything in the source. *)
Variable ks : nat -> bool -> nat -> list Z.
Variable first : nat -> bool -> nat -> nat -> nat -> Q.

Hypothesis listed : forall j s b, (j < d)%nat -> (b < 4)%nat ->
  length (ks j s b) = N /\ Forall (fun k => k = 0 \/ large H k) (ks j s b)
  /\ length (filter nonzero (ks j s b)) = n.
Hypothesis weights : forall j s b h, (j < d)%nat -> (b < 4)%nat -> (h < N)%nat ->
  nth h (ks j s b) 0 <> 0 -> (first j s b h j == sign s * (nth h (ks j s b) 0%Z # M))%Q.

Lemma contains_from_lists e rs :
  length rs = (blocks d p 4 * N)%nat ->
  (forall kb, (kb < blocks d p 4)%nat -> reaches (M * M) e (-1 # 4) (1 # 4)
     (products (ks (input_of d 4 kb) (sign_of 4 kb) (part_of 4 kb)) (items M (chunk N kb rs)))) ->
  contains M d p 4 N first (inject_Z 4 * e) rs.
Proof.
  intros Hl Hk.
  apply (contains_dropped M d p 4 N first _ rs (fun j s b h => nonzero (nth h (ks j s b) 0))).
  apply (contains_from_sums M d p 4 N _ (fun j s b h => nth h (ks j s b) 0%Z # M)); [|lia|].
  - intros j s b h Hj Hb Hh. destruct (listed j s b Hj Hb) as [Hlen [HF _]].
    assert (Hn : nth h (ks j s b) 0 = 0 \/ large H (nth h (ks j s b) 0)).
    { rewrite Forall_forall in HF. apply HF, nth_In. lia. }
    split; [unfold large in Hn; unfold Qle; cbn; lia|]. unfold nonzero.
    destruct (Z.eqb_spec (nth h (ks j s b) 0) 0) as [E|E]; cbn [negb].
    + rewrite E. unfold Qeq. destruct s; reflexivity.
    + now apply weights.
  - intros i j s b Hi Hj Hb z Hz.
    assert (Hbl := block_bound d p 4 i j s b Hi Hj Hb).
    specialize (Hk _ Hbl). destruct (block_parts d 4 i j s b Hj Hb) as [Ej [Es Eb]].
    rewrite Ej, Es, Eb in Hk. change (inject_Z (Z.of_nat 4)) with 4%Q in Hz.
    destruct (Hk z) as [mask [Hm Hz']]; [lra|lra|].
    exists (fun h => nth h mask false).
    pose proof (chunk_length M d p 4 N _ rs Hl Hbl) as Hc.
    destruct (listed j s b Hj Hb) as [Hkl _].
    assert (Hrs : length (chunk N (block d 4 i j s b) rs) = N)
      by (unfold items in Hc; rewrite map_length in Hc; exact Hc).
    rewrite Products.length_products in Hm by congruence.
    eapply Qle_trans; [|exact Hz']. apply Qle_lteq. right. apply Qabs_wd.
    rewrite <- (kept_products M mask (ks j s b)) by congruence. rewrite Hc. reflexivity.
Qed.

(** If n of the N candidates of each kind are used, whichever, the second weights do the rest. *)
Lemma layer_from_lists eps delta delta' :
  suffices H m eps delta ->
  (tail n m * QDen delta + Qnum delta * 2 ^ Z.of_nat n) * QDen delta'
  <= Qnum delta' * (QDen delta * 2 ^ Z.of_nat n) ->
  all_but (times (blocks d p 4) delta') M (blocks d p 4 * N)
          (contains M d p 4 N first (inject_Z 4 * (eps + (Z.of_nat n # 2 * M)))).
Proof.
  intros Hs Hd. set (e := (eps + (Z.of_nat n # 2 * M))%Q).
  set (good := fun kb rs => reaches (M * M) e (-1 # 4) (1 # 4)
    (products (ks (input_of d 4 kb) (sign_of 4 kb) (part_of 4 kb)) (items M rs))).
  apply (all_but_weaken _ _ _ (fun rs => forall kb, (kb < blocks d p 4)%nat ->
           good kb (chunk N kb rs))).
  - intros rs [Hl _]. now apply contains_from_lists.
  - apply (each_block M N (blocks d p 4) delta' good). intros kb Hkb. unfold good.
    assert (Hd0 : (0 < d)%nat) by (unfold blocks in Hkb; nia).
    destruct (listed (input_of d 4 kb) (sign_of 4 kb) (part_of 4 kb)) as [Hl [HF Hn]];
      [apply Nat.mod_upper_bound; lia|apply Nat.mod_upper_bound; lia|].
    set (l := ks _ _ _) in *. rewrite <- Hl. apply used_suffices. rewrite Hn.
    apply (products_suffice H _ n m eps delta); try assumption.
    apply Forall_forall. intros k Hk. apply filter_In in Hk. destruct Hk as [Hin Hnz].
    rewrite Forall_forall in HF. destruct (HF k Hin) as [->|Hlarge]; [discriminate|exact Hlarge].
Qed.

End Layer.

(** 4 n d hidden units of either sign suffice for a layer, whatever their first weights. *)
Theorem product_layer (H : positive) (d p n m : nat)
  (k : nat -> bool -> nat -> nat -> Z) (first : nat -> bool -> nat -> nat -> nat -> Q) :
  (forall j s b h, (j < d)%nat -> (b < 4)%nat -> (h < n)%nat ->
     large H (k j s b h) /\ (first j s b h j == sign s * (k j s b h # 2 * H))%Q) ->
  forall eps delta delta' : Q,
  suffices H m eps delta ->
  (tail n m * QDen delta + Qnum delta * 2 ^ Z.of_nat n) * QDen delta'
  <= Qnum delta' * (QDen delta * 2 ^ Z.of_nat n) ->
  all_but (times (blocks d p 4) delta') (2 * H) (blocks d p 4 * n)
          (contains (2 * H) d p 4 n first (inject_Z 4 * (eps + (Z.of_nat n # 2 * (2 * H))))).
Proof.
  intros sizes eps delta delta'. set (ks := fun j s b => map (k j s b) (seq 0 n)).
  assert (Hnth : forall j s b h, (h < n)%nat -> nth h (ks j s b) 0 = k j s b h).
  { intros j s b h Hh. unfold ks.
    rewrite (nth_indep _ 0 (k j s b 0%nat)) by (rewrite map_length, seq_length; lia).
    rewrite map_nth, seq_nth by lia. reflexivity. }
  apply (layer_from_lists H d p n n m ks first).
  - intros j s b Hj Hb.
    assert (HF : Forall (large H) (ks j s b)).
    { apply Forall_forall. intros x Hx. unfold ks in Hx. apply in_map_iff in Hx.
      destruct Hx as [h [<- Hh]]. apply in_seq in Hh. apply sizes; lia. }
    assert (Hlen : length (ks j s b) = n) by (unfold ks; now rewrite map_length, seq_length).
    split; [exact Hlen|split].
    + eapply Forall_impl; [|exact HF]. intros x. now right.
    + rewrite <- Hlen. f_equal. clear - HF. induction HF as [|x l Hx HF IH]; [reflexivity|].
      cbn [filter]. unfold nonzero at 1. destruct (Z.eqb_spec x 0) as [E|E].
      * unfold large in Hx. lia.
      * cbn [negb]. now rewrite IH.
  - intros j s b h Hj Hb Hh _. rewrite Hnth by exact Hh. now apply sizes.
Qed.

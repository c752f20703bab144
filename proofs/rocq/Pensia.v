(** A dense layer with arbitrary first weights of at least 1/2: the products of Pensia's gadget.

    Each hidden unit (j, s, b, h) has a first weight s k / M for its input j with M / 2 <= k <= M;
    its other first weights are arbitrary. A target weight is four parts of [-1/4, 1/4], each a
    subset sum of n products. *)

From Coq Require Import ZArith QArith Qabs Lqa List Lia Bool Setoid.
From slt Require Import Sums Law Products Layer.
Import ListNotations.
Open Scope Z_scope.

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

Section Layer.

Variable H : positive.
Notation M := (2 * H)%positive.
Variables (d p n m : nat).
Variable k : nat -> bool -> nat -> nat -> Z.
Variable first : nat -> bool -> nat -> nat -> nat -> Q.

Hypothesis sizes : forall j s b h, (j < d)%nat -> (b < 4)%nat -> (h < n)%nat ->
  large H (k j s b h) /\ (first j s b h j == sign s * (k j s b h # M))%Q.

Let ks j s b := map (k j s b) (seq 0 n).

(** 4 n d hidden units of either sign suffice for a layer, whatever their first weights. *)
Theorem product_layer eps delta delta' :
  suffices H m eps delta ->
  (tail n m * QDen delta + Qnum delta * 2 ^ Z.of_nat n) * QDen delta'
  <= Qnum delta' * (QDen delta * 2 ^ Z.of_nat n) ->
  all_but (times (blocks d p 4) delta') M (blocks d p 4 * n)
          (contains M d p 4 n first (inject_Z 4 * (eps + (Z.of_nat n # 2 * M)))).
Proof.
  intros Hs Hd. set (e := (eps + (Z.of_nat n # 2 * M))%Q).
  apply (all_but_weaken _ _ _ (fun rs => forall kb, (kb < blocks d p 4)%nat ->
    reaches (M * M) e (-1 # 4) (1 # 4)
      (products (ks (input_of d 4 kb) (sign_of 4 kb) (part_of 4 kb)) (items M (chunk n kb rs))))).
  - intros rs [Hl _] Hk.
    apply (contains_from_sums M d p 4 n first (fun j s b h => k j s b h # M)); [|lia|].
    + intros j s b h Hj Hb Hh. destruct (sizes j s b h Hj Hb Hh) as [Hlarge Hf].
      split; [|exact Hf]. unfold large in Hlarge. unfold Qle. cbn. lia.
    + intros i j s b Hi Hj Hb z Hz.
      assert (Hbl := block_bound d p 4 i j s b Hi Hj Hb).
      specialize (Hk _ Hbl). destruct (block_parts d 4 i j s b Hj Hb) as [Ej [Es Eb]].
      rewrite Ej, Es, Eb in Hk.
      change (inject_Z (Z.of_nat 4)) with 4%Q in Hz.
      destruct (Hk z) as [mask [Hm Hz']]; [lra|lra|].
      exists (fun h => nth h mask false).
      pose proof (chunk_length M d p 4 n _ rs Hl Hbl) as Hc.
      assert (Hkl : length (ks j s b) = n) by (unfold ks; rewrite map_length; apply seq_length).
      assert (Hrs : length (chunk n (block d 4 i j s b) rs) = n)
        by (unfold items in Hc; rewrite map_length in Hc; exact Hc).
      rewrite Products.length_products in Hm by congruence.
      eapply Qle_trans; [|exact Hz']. apply Qle_lteq. right. apply Qabs_wd.
      rewrite <- (kept_products M mask (ks j s b)) by congruence. rewrite Hc.
      unfold offered, second. apply Qplus_comp; [reflexivity|]. apply Qopp_comp.
      apply Qsum_ext. intros h Hh. destruct (nth h mask false); [|reflexivity].
      assert (Ek : nth h (ks j s b) 0 = k j s b h).
      { unfold ks. rewrite (nth_indep _ 0 (k j s b 0%nat)) by (rewrite map_length, seq_length; lia).
        rewrite map_nth, seq_nth by lia. reflexivity. }
      rewrite Ek. reflexivity.
  - apply (each_block M n (blocks d p 4) delta' (fun kb rs => reaches (M * M) e (-1 # 4) (1 # 4)
      (products (ks (input_of d 4 kb) (sign_of 4 kb) (part_of 4 kb)) (items M rs)))).
    intros kb Hkb. apply (products_suffice H _ n m eps delta); try assumption.
    + apply Forall_forall. intros x Hx. unfold ks in Hx. apply in_map_iff in Hx.
      destruct Hx as [h [<- Hh]]. apply in_seq in Hh.
      assert (Hd0 : (0 < d)%nat) by (unfold blocks in Hkb; nia).
      apply sizes; [|apply Nat.mod_upper_bound; lia|lia].
      apply Nat.mod_upper_bound. lia.
    + unfold ks. rewrite map_length. apply seq_length.
Qed.

End Layer.

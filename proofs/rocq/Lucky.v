(** Random first weights: enough of them are lucky, and the others may be left out.

    A first weight is lucky for a sign if it has that sign and a modulus of at least 1/2. On the
    multiples of 1 / M, M = 2 H, exactly 2 H of the 8 H draws are counted as lucky: a chance of 1/4.
    So of N draws fewer than n are lucky with probability P(Bin(N, 1/4) < n). *)

From Coq Require Import ZArith QArith List Lia Bool.
From slt Require Import Sums Law Products Layer Pensia.
Import ListNotations.
Open Scope Z_scope.

(** ** Two samples, one after the other *)

Lemma all_but_sure M n (good : list Z -> Prop) :
  (forall rs, sample M n rs -> good rs) -> all_but 0 M n good.
Proof. intros H. exists []. split; [cbn; lia|]. intros rs Hs. right. now apply H. Qed.

Lemma all_but_le delta delta' M n good :
  (delta <= delta')%Q -> all_but delta M n good -> all_but delta' M n good.
Proof.
  intros Hd [bad [Hb Hg]]. exists bad. split; [|exact Hg]. unfold Qle in Hd.
  pose proof (power_pos M n). set (S := size M ^ Z.of_nat n) in *.
  apply Z.mul_le_mono_pos_l with (QDen delta); [lia|].
  assert (Z.of_nat (length bad) * QDen delta * QDen delta' <= Qnum delta * S * QDen delta')
    by (apply Z.mul_le_mono_nonneg_r; [lia|exact Hb]).
  assert (Qnum delta * QDen delta' * S <= Qnum delta' * QDen delta * S)
    by (apply Z.mul_le_mono_nonneg_r; [lia|exact Hd]).
  lia.
Qed.

(** A fraction is never negative. *)
Lemma all_but_nonneg delta M n good : all_but delta M n good -> 0 <= Qnum delta.
Proof. intros [bad [Hb _]]. pose proof (power_pos M n). nia. Qed.

(** If the first n draws have A but for a fraction delta, and after every such start the next m
    draws do but for a fraction delta', then all n + m draws do but for delta + delta'. *)
Lemma all_but_then delta delta' M n m (A : list Z -> Prop) (G : list Z -> list Z -> Prop) :
  0 <= Qnum delta' ->
  all_but delta M n A ->
  (forall rs, sample M n rs -> A rs -> all_but delta' M m (G rs)) ->
  all_but (delta + delta') M (n + m) (fun rs => G (firstn n rs) (skipn n rs)).
Proof.
  intros H0 [bad [Hb HA]] HG. set (S := size M ^ Z.of_nat m).
  assert (HS : 0 < S) by apply power_pos.
  assert (Hrest : forall l, (forall x, In x l -> sample M n x) ->
    exists rest, Z.of_nat (length rest) * QDen delta' <= Z.of_nat (length l) * (Qnum delta' * S) /\
      forall x y, In x l -> sample M m y -> In x bad \/ In (x ++ y) rest \/ G x y).
  { induction l as [|x l IH]; intros Hl.
    - exists []. split; [cbn; lia|]. intros x y [].
    - destruct IH as [rest [Hr HG']]; [intros; apply Hl; now right|].
      destruct (in_dec (list_eq_dec Z.eq_dec) x bad) as [Hx|Hx].
      + exists rest. split.
        * cbn [length]. rewrite Nat2Z.inj_succ. nia.
        * intros x' y [<-|Hin] Hy; [now left|now apply HG'].
      + assert (Hs : sample M n x) by (apply Hl; now left).
        destruct (HA x Hs) as [Hin|Ha]; [contradiction|].
        destruct (HG x Hs Ha) as [bad' [Hb' Hg']]. fold S in Hb'.
        exists (map (app x) bad' ++ rest). split.
        * rewrite app_length, map_length. cbn [length]. rewrite Nat2Z.inj_add, Nat2Z.inj_succ. lia.
        * intros x' y [<-|Hin] Hy.
          -- destruct (Hg' y Hy) as [Hin|Hgood]; [|now right; right].
             right. left. apply in_or_app. left. now apply in_map.
          -- destruct (HG' x' y Hin Hy) as [?|[?|?]]; [now left| |now right; right].
             right. left. apply in_or_app. now right. }
  destruct (Hrest (samples (size M) n)) as [rest [Hr HG']]; [intros x Hx; now apply in_samples|].
  exists (flat_map (fun x => map (app x) (samples (size M) m)) bad ++ rest). split.
  - rewrite app_length, Layer.length_products, !Nat2Z.inj_add, !Nat2Z.inj_mul.
    rewrite !count_all in * by (rewrite size_eq; lia). rewrite Z.pow_add_r by lia. fold S.
    set (R := size M ^ Z.of_nat n) in *. unfold Qplus. cbn [Qnum Qden]. rewrite Pos2Z.inj_mul.
    assert (Z.of_nat (length bad) * QDen delta * (S * QDen delta')
            <= Qnum delta * R * (S * QDen delta'))
      by (apply Z.mul_le_mono_nonneg_r; [lia|exact Hb]).
    assert (Z.of_nat (length rest) * QDen delta' * QDen delta
            <= R * (Qnum delta' * S) * QDen delta)
      by (apply Z.mul_le_mono_nonneg_r; [lia|exact Hr]).
    lia.
  - intros rs Hs. destruct (sample_split M n m rs Hs) as [H1 H2].
    destruct (HG' (firstn n rs) (skipn n rs)) as [Hin|[Hin|Hgood]];
      [now apply in_samples|exact H2| | |now right].
    + left. apply in_or_app. left. rewrite <- (firstn_skipn n rs). apply in_products; [exact Hin|].
      now apply in_samples.
    + left. apply in_or_app. right. now rewrite firstn_skipn in Hin.
Qed.

(** ** Fewer than n lucky draws *)

(** The number of words of N letters, c + 1 of them, in which one letter has fewer than n places:
    rare c N n / (c + 1)^N = P(Bin(N, 1 / (c + 1)) < n). *)
Fixpoint rare (c : Z) (N n : nat) : Z :=
  match n with
  | O => 0
  | S n' => match N with
            | O => 1
            | S N' => c * rare c N' n + rare c N' n'
            end
  end.

(** With two letters it is the number of subsets with fewer than n members. *)
Lemma rare_tail N n : rare 1 N n = tail N n.
Proof.
  revert n. induction N as [|N IH]; intros [|n]; try reflexivity. cbn [rare tail].
  fold (rare 1 N (S n)). rewrite !IH. lia.
Qed.

Definition fewer (lucky : Z -> bool) (n : nat) (rs : list Z) : bool :=
  (length (filter lucky rs) <? n)%nat.

(** If K of (c + 1) K draws are lucky, fewer than n of N are in K^N rare c N n samples. *)
Lemma count_fewer lucky c K N n : 0 <= c -> 0 <= K ->
  sum 0 (Z.to_nat ((c + 1) * K)) (fun r => one_if (lucky r)) = K ->
  count ((c + 1) * K) N (fewer lucky n) = K ^ Z.of_nat N * rare c N n.
Proof.
  intros Hc HK Hl. assert (HR : 0 <= (c + 1) * K) by nia.
  revert n. induction N as [|N IH]; intros [|n].
  - reflexivity.
  - reflexivity.
  - rewrite (count_ext _ _ _ (fun _ => false)) by reflexivity.
    rewrite count_const by exact HR. cbn [rare one_if]. lia.
  - rewrite count_S.
    rewrite (sum_ext _ _ _ (fun r => K ^ Z.of_nat N * rare c N (S n)
      + K ^ Z.of_nat N * (rare c N n - rare c N (S n)) * one_if (lucky r))).
    + rewrite sum_plus, sum_const, sum_scale, Hl, Z2Nat.id by exact HR.
      rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. cbn [rare]. fold (rare c). lia.
    + intros r _. destruct (lucky r) eqn:E; cbn [one_if].
      * rewrite (count_ext _ _ _ (fewer lucky n)); [rewrite IH; lia|].
        intros rs. unfold fewer. cbn [filter]. rewrite E. reflexivity.
      * rewrite (count_ext _ _ _ (fewer lucky (S n))); [rewrite IH; lia|].
        intros rs. unfold fewer. cbn [filter]. rewrite E. reflexivity.
Qed.

(** A bound that is quick to compute, for every 0 <= x = u / v <= 1:
    P(Bin(N, 1 / (c + 1)) <= n) <= ((c + x) / (c + 1))^N / x^n. *)
Lemma rare_bound c N n u v : 0 <= c -> 0 <= u <= v ->
  rare c N (S n) * (u ^ Z.of_nat n * v ^ Z.of_nat N)
  <= (c * v + u) ^ Z.of_nat N * v ^ Z.of_nat n.
Proof.
  intros Hc Huv. revert n. induction N as [|N IH]; intros n.
  - cbn [rare]. change (Z.of_nat 0) with 0. rewrite !Z.pow_0_r.
    pose proof (Z.pow_le_mono_l u v (Z.of_nat n) Huv). lia.
  - cbn [rare]. fold (rare c). rewrite Nat2Z.inj_succ, !Z.pow_succ_r by lia.
    pose proof (IH n) as H1.
    assert (H2 : rare c N n * (u ^ Z.of_nat n * v ^ Z.of_nat N) * v
                 <= u * ((c * v + u) ^ Z.of_nat N * v ^ Z.of_nat n)).
    { destruct n as [|n].
      - replace (rare c N 0) with 0 by (destruct N; reflexivity).
        assert (0 <= (c * v + u) ^ Z.of_nat N) by (apply Z.pow_nonneg; nia).
        assert (0 <= v ^ Z.of_nat 0) by (apply Z.pow_nonneg; lia). nia.
      - pose proof (IH n) as H2. rewrite Nat2Z.inj_succ, !Z.pow_succ_r by lia.
        assert (u * v * (rare c N (S n) * (u ^ Z.of_nat n * v ^ Z.of_nat N))
                <= u * v * ((c * v + u) ^ Z.of_nat N * v ^ Z.of_nat n))
          by (apply Z.mul_le_mono_nonneg_l; [nia|exact H2]).
        lia. }
    set (A := u ^ Z.of_nat n * v ^ Z.of_nat N) in *.
    set (B := (c * v + u) ^ Z.of_nat N * v ^ Z.of_nat n) in *.
    assert (c * v * (rare c N (S n) * A) <= c * v * B)
      by (apply Z.mul_le_mono_nonneg_l; nia).
    unfold A, B in *. lia.
Qed.

(** So any x gives a condition under which P(Bin(N, 1 / (c + 1)) <= n) <= tau. *)
Lemma rare_enough c N n u v tau : 0 <= c -> 0 < u <= v ->
  QDen tau * (v ^ Z.of_nat n * (c * v + u) ^ Z.of_nat N)
  <= Qnum tau * ((c + 1) ^ Z.of_nat N * (v ^ Z.of_nat N * u ^ Z.of_nat n)) ->
  rare c N (S n) * QDen tau <= Qnum tau * (c + 1) ^ Z.of_nat N.
Proof.
  intros Hc Huv Ht. pose proof (rare_bound c N n u v Hc ltac:(lia)) as Hr.
  assert (0 < u ^ Z.of_nat n) by (apply Z.pow_pos_nonneg; lia).
  assert (0 < v ^ Z.of_nat N) by (apply Z.pow_pos_nonneg; lia).
  set (U := u ^ Z.of_nat n) in *. set (V := v ^ Z.of_nat N) in *.
  apply Z.mul_le_mono_pos_r with (U * V); [nia|].
  assert (QDen tau * (rare c N (S n) * (U * V))
          <= QDen tau * ((c * v + u) ^ Z.of_nat N * v ^ Z.of_nat n))
    by (apply Z.mul_le_mono_nonneg_l; lia).
  lia.
Qed.

(** ** Lucky first weights *)

Section Lucky.

Variable H : positive.
Notation M := (2 * H)%positive.

(** The draws whose item has the sign s and a modulus of at least M / 2; of the three draws at the
    edge one is left out, so that 2 H of 8 H are lucky. *)
Definition lucky (s : bool) (r : Z) : bool := if s then 6 * Zpos H <=? r else r <? 2 * Zpos H.

Lemma lucky_large s r : 0 <= r < size M -> lucky s r = true ->
  large H (if s then item (- Zpos M) r else - item (- Zpos M) r).
Proof.
  rewrite size_eq. unfold lucky, large. intros Hr Hl. rewrite item_eq.
  pose proof (Z.div_mod (r + 1) 2 ltac:(lia)). pose proof (Z.mod_pos_bound (r + 1) 2 ltac:(lia)).
  destruct s; [apply Z.leb_le in Hl|apply Z.ltb_lt in Hl]; lia.
Qed.

Lemma lucky_count s : sum 0 (Z.to_nat (size M)) (fun r => one_if (lucky s r)) = 2 * Zpos H.
Proof.
  rewrite size_eq. destruct s; cbn [lucky].
  - rewrite (sum_support (6 * Zpos H) (Z.to_nat (2 * Zpos H))); try lia.
    + rewrite (sum_ext _ _ _ (fun _ => 1)); [rewrite sum_const; lia|].
      intros r Hr. destruct (Z.leb_spec (6 * Zpos H) r); [reflexivity|lia].
    + intros r Hr Ho. destruct (Z.leb_spec (6 * Zpos H) r); [lia|reflexivity].
  - rewrite (sum_support 0 (Z.to_nat (2 * Zpos H))); try lia.
    + rewrite (sum_ext _ _ _ (fun _ => 1)); [rewrite sum_const; lia|].
      intros r Hr. destruct (Z.ltb_spec r (2 * Zpos H)); [reflexivity|lia].
    + intros r Hr Ho. destruct (Z.ltb_spec r (2 * Zpos H)); [lia|reflexivity].
Qed.

Lemma enough_lucky s N n tau :
  rare 3 N n * QDen tau <= Qnum tau * 4 ^ Z.of_nat N ->
  all_but tau M N (fun rs => (n <= length (filter (lucky s) rs))%nat).
Proof.
  intros Ht. apply all_but_count with (bad := fewer (lucky s) n).
  - replace (size M) with (4 * (2 * Zpos H)) by (rewrite size_eq; lia).
    change 4 with (3 + 1). rewrite count_fewer, (Z.pow_mul_l (3 + 1)); [|lia|lia|].
    + change (3 + 1) with 4. assert (0 < (2 * Zpos H) ^ Z.of_nat N) by (apply Z.pow_pos_nonneg; lia).
      assert ((2 * Zpos H) ^ Z.of_nat N * (rare 3 N n * QDen tau)
              <= (2 * Zpos H) ^ Z.of_nat N * (Qnum tau * 4 ^ Z.of_nat N))
        by (apply Z.mul_le_mono_nonneg_l; lia). lia.
    + pose proof (lucky_count s) as Hc. rewrite size_eq in Hc.
      replace ((3 + 1) * (2 * Zpos H)) with (4 * Zpos M) by lia. exact Hc.
  - intros rs _ Hf. unfold fewer in Hf. apply Nat.ltb_ge in Hf. exact Hf.
Qed.

(** The moduli of the first n lucky items, 0 for every other one. *)
Fixpoint chosen (s : bool) (n : nat) (rs : list Z) : list Z :=
  match rs, n with
  | [], _ => []
  | r :: rs', S n' =>
      if lucky s r then (if s then item (- Zpos M) r else - item (- Zpos M) r) :: chosen s n' rs'
      else 0 :: chosen s n rs'
  | r :: rs', O => 0 :: chosen s O rs'
  end.

Lemma chosen_spec s rs k :
  Forall (fun r => 0 <= r < size M) rs -> (k <= length (filter (lucky s) rs))%nat ->
  length (chosen s k rs) = length rs /\ Forall (fun a => a = 0 \/ large H a) (chosen s k rs)
  /\ length (filter nonzero (chosen s k rs)) = k
  /\ forall h, nth h (chosen s k rs) 0 <> 0 ->
       nth h (items M rs) 0 = if s then nth h (chosen s k rs) 0 else - nth h (chosen s k rs) 0.
Proof.
  intros HF. revert k. induction HF as [|r rs Hr HF IH]; intros k Hk.
  - cbn in Hk. assert (k = 0%nat) by lia. subst. cbn. repeat split; [constructor|].
    intros [|h] E; now destruct E.
  - destruct k as [|k].
    + destruct (IH 0%nat) as [H1 [H2 [H3 H4]]]; [lia|].
      cbn [chosen]. repeat split.
      * cbn [length]. now rewrite H1.
      * constructor; [now left|exact H2].
      * exact H3.
      * intros [|h] E; [now destruct E|]. cbn [nth items map] in *. now apply H4.
    + cbn [chosen filter] in *. destruct (lucky s r) eqn:E.
      * pose proof (lucky_large s r Hr E) as Hlarge.
        destruct (IH k) as [H1 [H2 [H3 H4]]]; [cbn [length] in Hk; lia|].
        repeat split.
        -- cbn [length]. now rewrite H1.
        -- constructor; [now right|exact H2].
        -- cbn [filter]. unfold nonzero at 1. unfold large in Hlarge.
           destruct (Z.eqb_spec (if s then item (- Zpos M) r else - item (- Zpos M) r) 0); [lia|].
           cbn [negb length]. now rewrite H3.
        -- intros [|h] Eh; cbn [nth items map] in *; [destruct s; lia|now apply H4].
      * destruct (IH (S k) Hk) as [H1 [H2 [H3 H4]]]. repeat split.
        -- cbn [length]. now rewrite H1.
        -- constructor; [now left|exact H2].
        -- exact H3.
        -- intros [|h] Eh; [now destruct Eh|]. cbn [nth items map] in *. now apply H4.
Qed.

End Lucky.

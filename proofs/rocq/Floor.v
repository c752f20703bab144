(** Lemma S, the reach floor: too few items do not even reach the ends of the window.

    The largest subset sum is the sum of the positive items. If it stays below 1/2 - 2 eps the
    target 1/2 is missed, and so is -1/2 if the negative items are too small. Draws are cut into
    2 B bins of equal size, so that an item is between (c - B) / B and (c + 1 - B) / B in bin c.
    The samples whose bins alone show a miss are counted exactly. *)

From Coq Require Import ZArith QArith Qabs List FinFun Lia Bool.
From slt Require Import Sums Law.
Import ListNotations.
Open Scope Z_scope.

(** ** More items can only help *)

Lemma reaches_cons M error lo hi k ks :
  reaches M error lo hi ks -> reaches M error lo hi (k :: ks).
Proof.
  intros Hr z Hlo Hhi. destruct (Hr z Hlo Hhi) as [mask [Hl Hz]].
  exists (false :: mask). split; [cbn; now f_equal|]. exact Hz.
Qed.

Lemma length_extended (bad : list (list Z)) a n :
  length (flat_map (fun r => map (cons r) bad) (map Z.of_nat (seq a n))) = (n * length bad)%nat.
Proof.
  revert a. induction n as [|n IH]; intros a; [reflexivity|].
  cbn [seq map flat_map]. rewrite app_length, map_length, IH. lia.
Qed.

Lemma suffices_S M n eps delta : suffices M n eps delta -> suffices M (S n) eps delta.
Proof.
  intros [bad [Hb Hg]].
  exists (flat_map (fun r => map (cons r) bad) (range (size M))). split.
  - unfold range. rewrite length_extended, Nat2Z.inj_mul, Nat2Z.inj_succ, Z.pow_succ_r by lia.
    rewrite Z2Nat.id by (rewrite size_eq; lia).
    replace (Qnum delta * (size M * size M ^ Z.of_nat n))
      with (size M * (Qnum delta * size M ^ Z.of_nat n)) by ring.
    rewrite <- Z.mul_assoc. apply Z.mul_le_mono_nonneg_l; [rewrite size_eq; lia|exact Hb].
  - intros [|r rs] [Hl HF]; [discriminate|]. inversion HF; subst.
    destruct (Hg rs) as [Hin|Hgood]; [split; [now injection Hl|assumption]| |].
    + left. apply in_flat_map. exists r. split; [now apply in_range|now apply in_map].
    + right. now apply reaches_cons.
Qed.

Lemma suffices_more M n n' eps delta :
  (n <= n')%nat -> suffices M n eps delta -> suffices M n' eps delta.
Proof. induction 1; [tauto|]. intros H0. apply suffices_S. auto. Qed.

(** ** Counting exceptions from below *)

Lemma nodup_app (A : Type) (l l' : list A) :
  NoDup l -> NoDup l' -> (forall x, In x l -> ~ In x l') -> NoDup (l ++ l').
Proof.
  intros Hl Hl' Hd. induction Hl as [|x l Hx Hl IH]; [exact Hl'|].
  cbn. constructor.
  - rewrite in_app_iff. intros [Hi|Hi]; [contradiction|]. apply (Hd x); [now left|exact Hi].
  - apply IH. intros y Hy. apply Hd. now right.
Qed.

Lemma nodup_extended (L : list (list Z)) rs :
  NoDup L -> NoDup rs -> NoDup (flat_map (fun r => map (cons r) L) rs).
Proof.
  intros HL. induction 1 as [|r rs Hr Hrs IH]; [constructor|]. cbn.
  apply nodup_app; [|exact IH|].
  - apply Injective_map_NoDup; [|exact HL]. intros x y E. congruence.
  - intros x Hx Hx'. apply in_map_iff in Hx. destruct Hx as [l [<- _]].
    apply in_flat_map in Hx'. destruct Hx' as [r' [Hr' Hx']].
    apply in_map_iff in Hx'. destruct Hx' as [l' [E _]]. congruence.
Qed.

Lemma nodup_samples R n : NoDup (samples R n).
Proof.
  induction n as [|n IH]; cbn [samples].
  - constructor; [intros []|constructor].
  - apply nodup_extended; [exact IH|]. unfold range.
    apply Injective_map_NoDup; [intros x y; lia|apply seq_NoDup].
Qed.

(** If all counted samples are bad, a list of exceptions is at least as long as the count. *)
Lemma exceptions M n (P : list Z -> bool) (good : list Z -> Prop) delta :
  (forall rs, sample M n rs -> P rs = true -> ~ good rs) ->
  Qnum delta * size M ^ Z.of_nat n < count (size M) n P * QDen delta ->
  ~ all_but delta M n good.
Proof.
  intros HP Hc [bad [Hb Hg]].
  assert (count (size M) n P <= Z.of_nat (length bad)); [|nia].
  apply inj_le. apply NoDup_incl_length.
  - apply NoDup_filter, nodup_samples.
  - intros rs Hrs. apply filter_In in Hrs. destruct Hrs as [Hrs E].
    apply in_samples in Hrs. destruct (Hg rs Hrs) as [|Hgood]; [assumption|].
    destruct (HP rs Hrs E Hgood).
Qed.

Lemma count_either R n P Q :
  count R n (fun x => P x || Q x) + count R n (fun x => P x && Q x) = count R n P + count R n Q.
Proof.
  unfold count. induction (samples R n) as [|x l IH]; [reflexivity|].
  cbn [filter]. destruct (P x), (Q x); cbn [orb andb length]; lia.
Qed.

(** ** Bins *)

Lemma sum_blocks N w f :
  (0 < w)%nat -> sum 0 (N * w) (fun r => f (r / Z.of_nat w)) = Z.of_nat w * sum 0 N f.
Proof.
  intros Hw. induction N as [|N IH]; [cbn; lia|].
  replace (S N * w)%nat with (N * w + w)%nat by lia. rewrite sum_split, IH.
  rewrite (sum_ext (0 + Z.of_nat (N * w)) w _ (fun _ => f (0 + Z.of_nat N))).
  - rewrite sum_const. cbn [sum]. lia.
  - intros i Hi. f_equal. symmetry. apply (Z.div_unique i _ _ (i - Z.of_nat (N * w))); lia.
Qed.

Definition bins (w : Z) (rs : list Z) : list Z := map (fun r => r / w) rs.

Lemma count_bins N w n P :
  0 <= N -> 0 < w -> count (N * w) n (fun rs => P (bins w rs)) = w ^ Z.of_nat n * count N n P.
Proof.
  intros HN Hw. revert P. induction n as [|n IH]; intros P; [rewrite !count_0; cbn [bins map]; lia|].
  rewrite !count_S, Nat2Z.inj_succ, Z.pow_succ_r by lia.
  rewrite (sum_ext _ _ _ (fun r => (fun c => w ^ Z.of_nat n * count N n (fun l => P (c :: l)))
                                     (r / Z.of_nat (Z.to_nat w)))).
  - replace (Z.to_nat (N * w)) with (Z.to_nat N * Z.to_nat w)%nat by nia.
    rewrite (sum_blocks _ _ (fun c => w ^ Z.of_nat n * count N n (fun l => P (c :: l)))) by lia.
    rewrite sum_scale, Z2Nat.id by lia. ring.
  - intros r _. cbv beta. rewrite Z2Nat.id by lia. exact (IH (fun l => P (r / w :: l))).
Qed.

Section Sizes.

Variable B : Z.
Hypothesis HB : 0 < B.

(** In bin c, in units of 1 / B: the item is at most [plus c], and at least - [minus c]. *)
Definition plus (c : Z) : Z := Z.max 0 (c + 1 - B).
Definition minus (c : Z) : Z := Z.max 0 (B - c).

Definition total (f : Z -> Z) (cs : list Z) : Z := fold_right (fun c t => f c + t) 0 cs.

(** Samples of n bins whose total is at most t. *)
Definition within (f : Z -> Z) (n : nat) (t : Z) : Z := count (2 * B) n (fun cs => total f cs <=? t).

Lemma within_S f n t :
  within f (S n) t = sum 0 (Z.to_nat (2 * B)) (fun c => within f n (t - f c)).
Proof.
  unfold within. rewrite count_S. apply sum_ext. intros c _. apply count_ext. intros cs.
  cbn [total fold_right]. fold (total f cs).
  destruct (Z.leb_spec (f c + total f cs) t), (Z.leb_spec (total f cs) (t - f c)); lia.
Qed.

Lemma within_negative f n t : (forall c, 0 <= f c) -> t < 0 -> within f n t = 0.
Proof.
  intros Hf Ht. unfold within, count.
  replace (filter _ _) with (@nil (list Z)); [reflexivity|].
  symmetry. induction (samples (2 * B) n) as [|cs l IH]; [reflexivity|].
  cbn [filter]. rewrite (proj2 (Z.leb_gt _ _)); [exact IH|].
  assert (0 <= total f cs); [|lia].
  clear - Hf. induction cs as [|c cs IH]; cbn; [lia|]. specialize (Hf c). fold (total f cs). lia.
Qed.

(** A sum over the sizes 1, ..., B is one over smaller totals, in either order. *)
Lemma sizes f n t :
  (forall c, 0 <= f c) -> t <= B ->
  sum (t - B) (Z.to_nat B) (within f n) = sum 0 (Z.to_nat t) (within f n).
Proof.
  intros Hf Ht. destruct (Z_le_gt_dec 0 t) as [H0|H0].
  - apply sum_support; [lia|lia|].
    intros i Hi Ho. apply within_negative; [exact Hf|lia].
  - rewrite sum_zero; [replace (Z.to_nat t) with 0%nat by lia; reflexivity|].
    intros i Hi. apply within_negative; [exact Hf|lia].
Qed.

Lemma sizes_up f n t g :
  (forall c, 0 <= f c) -> t <= B ->
  (forall i, 0 <= i < B -> g (B + i) = within f n (t - 1 - i)) ->
  sum B (Z.to_nat B) g = sum 0 (Z.to_nat t) (within f n).
Proof.
  intros Hf Ht Hg. rewrite <- (sizes f n t Hf Ht).
  replace (t - B) with (t - 1 - 0 - Z.of_nat (Z.to_nat B) + 1) by lia.
  rewrite <- sum_reverse. rewrite <- (Z.add_0_l B) at 1. rewrite <- sum_shift.
  apply sum_ext. intros i Hi. rewrite Z.add_comm. apply Hg. lia.
Qed.

Lemma sizes_down f n t g :
  (forall c, 0 <= f c) -> t <= B ->
  (forall c, 0 <= c < B -> g c = within f n (t - B + c)) ->
  sum 0 (Z.to_nat B) g = sum 0 (Z.to_nat t) (within f n).
Proof.
  intros Hf Ht Hg. rewrite <- (sizes f n t Hf Ht).
  replace (t - B) with (0 + (t - B)) by lia. rewrite <- sum_shift.
  apply sum_ext. intros c Hc. rewrite Hg by lia. f_equal. lia.
Qed.

Lemma halves f n t :
  within f (S n) t = sum 0 (Z.to_nat B) (fun c => within f n (t - f c))
                     + sum B (Z.to_nat B) (fun c => within f n (t - f c)).
Proof.
  rewrite within_S. replace (Z.to_nat (2 * B)) with (Z.to_nat B + Z.to_nat B)%nat by lia.
  rewrite sum_split. do 2 f_equal. lia.
Qed.

Definition both (c : Z) : Z := plus c + minus c.

Lemma plus_nonneg c : 0 <= plus c. Proof. unfold plus. lia. Qed.
Lemma minus_nonneg c : 0 <= minus c. Proof. unfold minus. lia. Qed.
Lemma both_nonneg c : 0 <= both c. Proof. unfold both, plus, minus. lia. Qed.

Lemma within_plus n t : t <= B ->
  within plus (S n) t = B * within plus n t + 1 * sum 0 (Z.to_nat t) (within plus n).
Proof.
  intros Ht. rewrite halves. f_equal.
  - rewrite (sum_ext _ _ _ (fun _ => within plus n t)); [rewrite sum_const; lia|].
    intros c Hc. f_equal. unfold plus. lia.
  - rewrite (sizes_up plus n t); [lia|apply plus_nonneg|exact Ht|].
    intros i Hi. f_equal. unfold plus. lia.
Qed.

Lemma within_minus n t : t <= B ->
  within minus (S n) t = B * within minus n t + 1 * sum 0 (Z.to_nat t) (within minus n).
Proof.
  intros Ht. rewrite halves, Z.add_comm. f_equal.
  - rewrite (sum_ext _ _ _ (fun _ => within minus n t)); [rewrite sum_const; lia|].
    intros c Hc. f_equal. unfold minus. lia.
  - rewrite (sizes_down minus n t); [lia|apply minus_nonneg|exact Ht|].
    intros c Hc. f_equal. unfold minus. lia.
Qed.

Lemma within_both n t : t <= B ->
  within both (S n) t = 0 * within both n t + 2 * sum 0 (Z.to_nat t) (within both n).
Proof.
  intros Ht. rewrite halves.
  rewrite (sizes_down both n t), (sizes_up both n t);
    [lia|apply both_nonneg|exact Ht| |apply both_nonneg|exact Ht|];
    intros i Hi; f_equal; unfold both, plus, minus; lia.
Qed.

(** The same recursion on lists, to compute. *)
Fixpoint roll (a b acc : Z) (l : list Z) : list Z :=
  match l with
  | [] => []
  | x :: l' => a * x + b * acc :: roll a b (acc + x) l'
  end.

Definition tally (a b : Z) (n len : nat) : list Z := Nat.iter n (roll a b 0) (repeat 1 len).

Lemma roll_spec a b g len s :
  roll a b (sum 0 s g) (map (fun j => g (Z.of_nat j)) (seq s len))
  = map (fun j => a * g (Z.of_nat j) + b * sum 0 j g) (seq s len).
Proof.
  revert s. induction len as [|len IH]; intros s; [reflexivity|].
  cbn [seq map roll]. f_equal. rewrite <- IH. reflexivity.
Qed.

Lemma tally_spec a b f n len :
  (forall c, 0 <= f c) ->
  (forall n t, t <= B ->
     within f (S n) t = a * within f n t + b * sum 0 (Z.to_nat t) (within f n)) ->
  Z.of_nat len <= B + 1 ->
  tally a b n len = map (fun j => within f n (Z.of_nat j)) (seq 0 len).
Proof.
  intros Hf Hrec Hlen. induction n as [|n IH].
  - change (tally a b 0 len) with (repeat 1 len).
    replace (map _ _) with (map (fun _ : nat => 1) (seq 0 len)).
    + clear. generalize 0%nat. induction len as [|len IH]; intros s; [reflexivity|].
      cbn [repeat seq map]. now rewrite <- IH.
    + apply map_ext. intros j. unfold within. rewrite count_0. cbn [total fold_right].
      rewrite (proj2 (Z.leb_le _ _)) by lia. reflexivity.
  - change (tally a b (S n) len) with (roll a b 0 (tally a b n len)). rewrite IH.
    pose proof (roll_spec a b (within f n) len 0) as E. cbn [sum] in E. rewrite E.
    apply map_ext_in. intros j Hj. apply in_seq in Hj. rewrite Hrec by lia.
    rewrite Nat2Z.id. reflexivity.
Qed.

Lemma tally_nth a b f n t :
  (forall c, 0 <= f c) ->
  (forall n t, t <= B ->
     within f (S n) t = a * within f n t + b * sum 0 (Z.to_nat t) (within f n)) ->
  0 <= t <= B ->
  nth (Z.to_nat t) (tally a b n (Z.to_nat t + 1)) 0 = within f n t.
Proof.
  intros Hf Hrec Ht. rewrite (tally_spec a b f) by (assumption || lia).
  rewrite (nth_indep _ 0 (within f n (Z.of_nat 0))) by (rewrite map_length, seq_length; lia).
  rewrite (map_nth (fun j => within f n (Z.of_nat j))), seq_nth by lia.
  f_equal. lia.
Qed.

End Sizes.

(** ** The floor *)

Section Miss.

Variables (B m : positive) (t : Z) (eps : Q).
Notation M := (B * m)%positive.
Hypothesis Hgap : 2 * t * QDen eps + 4 * Zpos B * Qnum eps < Zpos B * QDen eps.

Notation up := (plus (Zpos B)).
Notation down := (minus (Zpos B)).
Notation w := (2 * Zpos m).

Lemma item_plus r : 0 <= r -> item (- Zpos M) r <= Zpos m * up (r / w).
Proof.
  intros Hr. rewrite item_eq. unfold plus.
  pose proof (Z.mul_succ_div_gt r w). pose proof (Z.mul_div_le (r + 1) 2). nia.
Qed.

Lemma item_minus r : 0 <= r -> - (Zpos m * down (r / w)) <= item (- Zpos M) r.
Proof.
  intros Hr. rewrite item_eq. unfold minus.
  pose proof (Z.mul_div_le r w). pose proof (Z.mul_succ_div_gt (r + 1) 2). nia.
Qed.

Lemma kept_range mask rs :
  Forall (fun r => 0 <= r < size M) rs ->
  - (Zpos m * total down (bins w rs)) <= kept mask (items M rs) <= Zpos m * total up (bins w rs).
Proof.
  revert mask. induction rs as [|r rs IH]; intros mask HF.
  - destruct mask; cbn; lia.
  - inversion HF; subst.
    pose proof (item_plus r ltac:(lia)). pose proof (item_minus r ltac:(lia)).
    assert (0 <= Zpos m * up (r / w)) by (apply Z.mul_nonneg_nonneg; unfold plus; lia).
    assert (0 <= Zpos m * down (r / w)) by (apply Z.mul_nonneg_nonneg; unfold minus; lia).
    change (bins w (r :: rs)) with (r / w :: bins w rs).
    change (items M (r :: rs)) with (item (- Zpos M) r :: items M rs).
    cbn [total fold_right]. fold (total up (bins w rs)). fold (total down (bins w rs)).
    rewrite !Z.mul_add_distr_l.
    destruct mask as [|b mask].
    + specialize (IH [] ltac:(assumption)). cbn [kept] in *. lia.
    + specialize (IH mask ltac:(assumption)). cbn [kept]. destruct b; lia.
Qed.

Lemma miss rs :
  Forall (fun r => 0 <= r < size M) rs ->
  total up (bins w rs) <= t \/ total down (bins w rs) <= t ->
  ~ reaches M (2 * eps) (-1 # 2) (1 # 2) (items M rs).
Proof.
  intros HF Ht Hr.
  assert (P : 0 < Zpos m * (Zpos B * QDen eps - (2 * t * QDen eps + 4 * Zpos B * Qnum eps)))
    by (apply Z.mul_pos_pos; lia).
  (* A sum s with |M - 2 s| or |M + 2 s| at least m (B - 2 t) is too far from its end. *)
  assert (far : forall d, Zpos m * (Zpos B - 2 * t) <= Z.abs d ->
    ~ Z.abs d * QDen eps <= 4 * Qnum eps * (Zpos B * Zpos m)).
  { intros d Hd Hc.
    assert (Zpos m * (Zpos B - 2 * t) * QDen eps <= Z.abs d * QDen eps)
      by (apply Z.mul_le_mono_nonneg_r; lia). lia. }
  destruct Ht as [Ht|Ht].
  - destruct (Hr (1 # 2)%Q) as [mask [_ Hm]]; [unfold Qle; cbn; lia..|].
    pose proof (kept_range mask rs HF) as Hk. set (s := kept mask (items M rs)) in *.
    assert (Zpos m * total up (bins w rs) <= Zpos m * t) by (apply Z.mul_le_mono_nonneg_l; lia).
    apply (far (Zpos B * Zpos m - 2 * s)); [lia|].
    destruct eps as [x y]. unfold Qabs, Qminus, Qopp, Qplus, Qmult, Qle in Hm.
    cbn [Qnum Qden] in *. rewrite !Pos2Z.inj_mul in Hm.
    replace (1 * (Zpos B * Zpos m) + - s * 2) with (Zpos B * Zpos m - 2 * s) in Hm by ring. lia.
  - destruct (Hr (-1 # 2)%Q) as [mask [_ Hm]]; [unfold Qle; cbn; lia..|].
    pose proof (kept_range mask rs HF) as Hk. set (s := kept mask (items M rs)) in *.
    assert (Zpos m * total down (bins w rs) <= Zpos m * t) by (apply Z.mul_le_mono_nonneg_l; lia).
    apply (far (- (Zpos B * Zpos m) - 2 * s)); [lia|].
    destruct eps as [x y]. unfold Qabs, Qminus, Qopp, Qplus, Qmult, Qle in Hm.
    cbn [Qnum Qden] in *. rewrite !Pos2Z.inj_mul in Hm.
    replace (-1 * (Zpos B * Zpos m) + - s * 2) with (- (Zpos B * Zpos m) - 2 * s) in Hm by ring. lia.
Qed.

End Miss.

(** The counted misses of n items: the positive or the negative sizes total at most t. Both at
    once need a total of at most 2 t. *)
Definition misses (B t : Z) (n : nat) : Z :=
  2 * nth (Z.to_nat t) (tally B 1 n (Z.to_nat t + 1)) 0
  - nth (Z.to_nat (2 * t)) (tally 0 2 n (Z.to_nat (2 * t) + 1)) 0.

Definition floor_check (B t : Z) (n : nat) (eps delta : Q) : bool :=
  (0 <=? t) && (2 * t <=? B)
  && (2 * t * QDen eps + 4 * B * Qnum eps <? B * QDen eps)
  && (Qnum delta * (2 * B) ^ Z.of_nat n <? misses B t n * QDen delta).

Lemma misses_counted B t n :
  0 < B -> 0 <= t -> 2 * t <= B ->
  misses B t n <= count (2 * B) n
    (fun cs => (total (plus B) cs <=? t) || (total (minus B) cs <=? t)).
Proof.
  intros HB H0 Ht. unfold misses.
  rewrite (tally_nth B HB B 1 (plus B)) by
    (first [lia | apply plus_nonneg | intros; apply within_plus; lia]).
  rewrite (tally_nth B HB 0 2 (both B)) by
    (first [lia | apply both_nonneg | intros; apply within_both; lia]).
  assert (E : within B (minus B) n t = within B (plus B) n t).
  { transitivity (nth (Z.to_nat t) (tally B 1 n (Z.to_nat t + 1)) 0).
    - symmetry. apply tally_nth; [lia|apply minus_nonneg|intros; apply within_minus; lia|lia].
    - apply tally_nth; [lia|apply plus_nonneg|intros; apply within_plus; lia|lia]. }
  set (either := fun cs => (total (plus B) cs <=? t) || (total (minus B) cs <=? t)).
  set (and := fun cs => (total (plus B) cs <=? t) && (total (minus B) cs <=? t)).
  assert (C : count (2 * B) n either + count (2 * B) n and
              = within B (plus B) n t + within B (minus B) n t) by apply count_either.
  assert (count (2 * B) n and <= within B (both B) n (2 * t)); [|lia].
  apply count_mono. unfold and. intros cs _. rewrite andb_true_iff, !Z.leb_le. intros [Hp Hm].
  enough (total (both B) cs = total (plus B) cs + total (minus B) cs) by lia.
  clear. induction cs as [|c cs IH]; [reflexivity|]. cbn [total fold_right] in *.
  fold (total (both B) cs) in *. fold (total (plus B) cs) in *. fold (total (minus B) cs) in *.
  rewrite IH. unfold both. lia.
Qed.

Theorem floor_sound B t n eps delta :
  floor_check (Zpos B) t n eps delta = true ->
  forall m : positive, ~ suffices (B * m) n eps delta.
Proof.
  unfold floor_check. rewrite !andb_true_iff, !Z.leb_le, !Z.ltb_lt.
  intros [[[H0 Ht] Hgap] Hcount] m.
  set (either := fun cs => (total (plus (Zpos B)) cs <=? t) || (total (minus (Zpos B)) cs <=? t)).
  apply exceptions with (P := fun rs => either (bins (2 * Zpos m) rs)).
  - intros rs [_ HF] Hrs. unfold either in Hrs. rewrite orb_true_iff, !Z.leb_le in Hrs.
    now apply (miss B m t eps Hgap).
  - replace (size (B * m)) with (2 * Zpos B * (2 * Zpos m)) by (rewrite size_eq; lia).
    rewrite (count_bins _ _ n either) by lia. rewrite Z.pow_mul_l.
    pose proof (misses_counted (Zpos B) t n ltac:(lia) H0 Ht) as Hm.
    fold either in Hm. set (K := count _ _ _) in *. set (W := (2 * Zpos m) ^ Z.of_nat n).
    assert (0 < W) by (apply Z.pow_pos_nonneg; lia).
    apply Z.lt_le_trans with (W * (misses (Zpos B) t n * QDen delta)).
    + rewrite Z.mul_assoc, Z.mul_comm. apply Z.mul_lt_mono_pos_l; assumption.
    + rewrite <- Z.mul_assoc. apply Z.mul_le_mono_nonneg_l; [lia|].
      apply Z.mul_le_mono_nonneg_r; lia.
Qed.

(** So every sufficient number is larger. *)
Theorem necessary B t n eps delta :
  floor_check (Zpos B) t n eps delta = true ->
  forall (m : positive) n', suffices (B * m) n' eps delta -> (n < n')%nat.
Proof.
  intros Hc m n' Hs. apply Nat.nle_gt. intros Hle.
  apply (floor_sound B t n eps delta Hc m). now apply (suffices_more _ n').
Qed.

(** A dense layer inside a random two-layer ReLU network, for every target matrix at once.

    The source has d inputs, 4 n hidden units an input and p outputs. Its first weights are fixed:
    every hidden unit reads all inputs with weight + 1, or all with weight - 1. Its second weights
    are the random items, 4 n d p of them, U[-1, 1] on the multiples of 1 / M. Masks choose, for
    each unit, the inputs it keeps, and for each output the units it keeps. With x = relu x -
    relu (- x), units of either sign offer their weights to one subset sum each (Pensia's gadget);
    a weight of [-1, 1] is two equal halves of [-1/2, 1/2], each with its own n items. *)

From Coq Require Import ZArith QArith Qabs Lqa List Lia Bool Setoid.
From slt Require Import Sums Law.
Import ListNotations.
Open Scope Z_scope.

(** ** Independent blocks of one sample *)

Definition chunk (n k : nat) (rs : list Z) : list Z := firstn n (skipn (k * n) rs).

(** T delta. *)
Definition times (T : nat) (delta : Q) : Q := Z.of_nat T * Qnum delta # Qden delta.

Lemma sample_split M a b rs :
  sample M (a + b) rs -> sample M a (firstn a rs) /\ sample M b (skipn a rs).
Proof.
  intros [Hl HF]. rewrite <- (firstn_skipn a rs) in HF. apply Forall_app in HF.
  destruct HF as [H1 H2]. split; split; try assumption.
  - rewrite firstn_length. lia.
  - rewrite skipn_length. lia.
Qed.

Lemma skip_twice a b (l : list Z) : skipn a (skipn b l) = skipn (b + a) l.
Proof.
  revert l. induction b as [|b IH]; intros l; [reflexivity|].
  destruct l as [|x l]; [now rewrite !skipn_nil|]. cbn [skipn Nat.add]. apply IH.
Qed.

Lemma length_products (l l' : list (list Z)) :
  length (flat_map (fun x => map (app x) l') l) = (length l * length l')%nat.
Proof. induction l as [|x l IH]; [reflexivity|]. cbn. rewrite app_length, map_length, IH. lia. Qed.

Lemma in_products x y (l l' : list (list Z)) :
  In x l -> In y l' -> In (x ++ y) (flat_map (fun x => map (app x) l') l).
Proof. intros Hx Hy. apply in_flat_map. exists x. split; [exact Hx|]. now apply in_map. Qed.

(** The union bound: T blocks are all good but for T times the fraction. *)
Lemma all_blocks M n T delta (good : list Z -> Prop) :
  all_but delta M n good ->
  all_but (times T delta) M (T * n) (fun rs => forall k, (k < T)%nat -> good (chunk n k rs)).
Proof.
  intros [bad [Hb Hg]].
  induction T as [|T [bad' [Hb' Hg']]].
  - exists []. split; [cbn; lia|]. intros rs _. right. lia.
  - change (S T * n)%nat with (n + T * n)%nat.
    set (m := (T * n)%nat) in *.
    exists (flat_map (fun x => map (app x) (samples (size M) m)) bad
            ++ flat_map (fun x => map (app x) bad') (samples (size M) n)).
    split.
    + rewrite app_length, !length_products, !Nat2Z.inj_add, !Nat2Z.inj_mul.
      rewrite !count_all by (rewrite size_eq; lia).
      unfold times in *. cbn [Qnum Qden] in *.
      rewrite Z.pow_add_r by lia.
      set (A := size M ^ Z.of_nat n) in *. set (B := size M ^ Z.of_nat m) in *.
      assert (HA : 0 < A) by apply power_pos. assert (HB : 0 < B) by apply power_pos.
      set (x := Z.of_nat (length bad)) in *. set (y := Z.of_nat (length bad')) in *.
      assert (x * Zpos (Qden delta) * B <= Qnum delta * A * B)
        by (apply Z.mul_le_mono_nonneg_r; [lia|exact Hb]).
      assert (A * (y * Zpos (Qden delta)) <= A * (Z.of_nat T * Qnum delta * B))
        by (apply Z.mul_le_mono_nonneg_l; [lia|exact Hb']).
      rewrite Nat2Z.inj_succ. lia.
    + intros rs Hs. destruct (sample_split M n m rs Hs) as [H1 H2].
      rewrite <- (firstn_skipn n rs).
      destruct (Hg _ H1) as [Hin|Hgood].
      { left. apply in_or_app. left. apply in_products; [exact Hin|now apply in_samples]. }
      destruct (Hg' _ H2) as [Hin|Hgood'].
      { left. apply in_or_app. right. apply in_products; [now apply in_samples|exact Hin]. }
      right. rewrite firstn_skipn. intros [|k] Hk; [exact Hgood|].
      replace (chunk n (S k) rs) with (chunk n k (skipn n rs)); [apply Hgood'; lia|].
      unfold chunk. rewrite skip_twice. f_equal.
Qed.

(** ** Rational sums *)

Open Scope Q_scope.

Fixpoint Qsum (n : nat) (f : nat -> Q) : Q :=
  match n with
  | O => 0
  | S m => Qsum m f + f m
  end.

Lemma Qsum_ext n f g : (forall i, (i < n)%nat -> f i == g i) -> Qsum n f == Qsum n g.
Proof.
  induction n as [|n IH]; intros H; cbn [Qsum]; [reflexivity|].
  rewrite (IH (fun i Hi => H i (Nat.lt_lt_succ_r _ _ Hi))), (H n) by lia. reflexivity.
Qed.

Lemma Qsum_minus n f g : Qsum n f - Qsum n g == Qsum n (fun i => f i - g i).
Proof. induction n as [|n IH]; cbn [Qsum]; [ring|]. rewrite <- IH. ring. Qed.

Lemma Qsum_scale n c f : Qsum n (fun i => c * f i) == c * Qsum n f.
Proof. induction n as [|n IH]; cbn [Qsum]; [ring|]. rewrite IH. ring. Qed.

Lemma Qsum_abs n f g :
  (forall i, (i < n)%nat -> Qabs (f i) <= g i) -> Qabs (Qsum n f) <= Qsum n g.
Proof.
  induction n as [|n IH]; intros H; cbn [Qsum]; [apply Qle_refl|].
  eapply Qle_trans; [apply Qabs_triangle|].
  apply Qplus_le_compat; [apply IH; intros; apply H; lia|apply H; lia].
Qed.

Lemma Qsum_first n f : Qsum (S n) f == f 0%nat + Qsum n (fun i => f (S i)).
Proof. induction n as [|n IH]; [cbn; ring|]. cbn [Qsum] in *. rewrite IH. ring. Qed.

(** Only the summand with index j is left. *)
Lemma Qsum_single n j f :
  (j < n)%nat -> Qsum n (fun i => if Nat.eqb j i then f i else 0) == f j.
Proof.
  intros Hj. induction n as [|n IH]; [lia|]. cbn [Qsum].
  destruct (Nat.eqb_spec j n) as [->|Hn].
  - assert (E : Qsum n (fun i => if Nat.eqb n i then f i else 0) == 0).
    { clear. assert (G : forall m, (m <= n)%nat ->
        Qsum m (fun i => if Nat.eqb n i then f i else 0) == 0).
      { induction m as [|m IH]; intros Hm; cbn [Qsum]; [reflexivity|].
        rewrite IH by lia. destruct (Nat.eqb_spec n m); [lia|]. ring. }
      now apply G. }
    rewrite E. ring.
  - rewrite IH by lia. ring.
Qed.

(** ** ReLU *)

Definition relu (x : Q) : Q := if Qle_bool 0 x then x else 0.

Lemma relu_cases x : (0 <= x /\ relu x = x) \/ (x < 0 /\ relu x = 0).
Proof.
  unfold relu. destruct (Qle_bool 0 x) eqn:E.
  - left. split; [now apply Qle_bool_iff|reflexivity].
  - right. split; [|reflexivity]. apply Qnot_le_lt. intros H. apply Qle_bool_iff in H. congruence.
Qed.

Lemma relu_eq x y : x == y -> relu x == relu y.
Proof. intros E. destruct (relu_cases x) as [[? ->]|[? ->]], (relu_cases y) as [[? ->]|[? ->]]; lra. Qed.

Lemma relu_lipschitz x y : Qabs (relu x - relu y) <= Qabs (x - y).
Proof.
  apply Qabs_case; apply Qabs_case; intros;
    destruct (relu_cases x) as [[? ->]|[? ->]], (relu_cases y) as [[? ->]|[? ->]]; lra.
Qed.

(** ** The source network *)

Definition both (f : bool -> Q) : Q := f true + f false.
Definition sign (s : bool) : Q := if s then 1 else -1.

(** The block of n draws that output i takes from input j, sign s and half b. *)
Definition block (d i j : nat) (s b : bool) : nat :=
  (((i * d + j) * 2 + (if s then 0 else 1)) * 2 + (if b then 0 else 1))%nat.

Section Source.

Variables (M : positive) (d p n : nat).

(** The random second weight of output i for hidden unit (j, s, b, h). *)
Definition weight (rs : list Z) (i j : nat) (s b : bool) (h : nat) : Q :=
  nth h (items M (chunk n (block d i j s b) rs)) 0%Z # M.

(** Hidden unit (j, s, b, h): the ReLU of the inputs it keeps, with weight [sign s] each. *)
Definition hidden (keeps : nat -> bool -> bool -> nat -> nat -> bool) (x : nat -> Q)
  (j : nat) (s b : bool) (h : nat) : Q :=
  relu (Qsum d (fun j' => if keeps j s b h j' then sign s * x j' else 0)).

(** Output i of the masked network. *)
Definition network (rs : list Z) (keeps : nat -> bool -> bool -> nat -> nat -> bool)
  (uses : nat -> nat -> bool -> bool -> nat -> bool) (x : nat -> Q) (i : nat) : Q :=
  Qsum d (fun j => both (fun s => both (fun b => Qsum n (fun h =>
    if uses i j s b h then weight rs i j s b h * hidden keeps x j s b h else 0)))).

Definition target (W : nat -> nat -> Q) (x : nat -> Q) (i : nat) : Q :=
  Qsum d (fun j => W i j * x j).

(** Every matrix with entries in [-1, 1] has masks with which the network is within
    eps (|x_1| + ... + |x_d|) of W x in every output, for every input; after a ReLU as well. *)
Definition contains (eps : Q) (rs : list Z) : Prop :=
  forall W : nat -> nat -> Q,
    (forall i j, (i < p)%nat -> (j < d)%nat -> -1 <= W i j <= 1) ->
    exists keeps uses, forall (x : nat -> Q) (i : nat), (i < p)%nat ->
      Qabs (network rs keeps uses x i - target W x i) <= eps * Qsum d (fun j => Qabs (x j)) /\
      Qabs (relu (network rs keeps uses x i) - relu (target W x i))
        <= eps * Qsum d (fun j => Qabs (x j)).

(** Finitely many choices need no axiom. *)
Lemma finite_choice (A : Type) (a0 : A) (P : nat -> A -> Prop) T :
  (forall k, (k < T)%nat -> exists a, P k a) -> exists f, forall k, (k < T)%nat -> P k (f k).
Proof.
  induction T as [|T IH]; intros H; [exists (fun _ => a0); lia|].
  destruct IH as [f Hf]; [intros; apply H; lia|]. destruct (H T) as [a Ha]; [lia|].
  exists (fun k => if Nat.eqb k T then a else f k). intros k Hk.
  destruct (Nat.eqb_spec k T) as [->|]; [exact Ha|]. apply Hf. lia.
Qed.

Lemma kept_sum mask ks :
  length mask = length ks ->
  Qsum (length ks) (fun h => if nth h mask false then nth h ks 0%Z # M else 0) == (kept mask ks # M).
Proof.
  revert mask. induction ks as [|k ks IH]; intros [|b mask] Hl; try discriminate; [reflexivity|].
  cbn [length]. rewrite Qsum_first. cbn [nth kept]. rewrite IH by (now injection Hl).
  assert (E : forall u v, (u # M) + (v # M) == (u + v # M)).
  { intros u v. unfold Qeq, Qplus. cbn [Qnum Qden]. rewrite !Pos2Z.inj_mul. ring. }
  destruct b; [apply E|]. rewrite Z.add_0_l. ring.
Qed.

Lemma block_bound i j s b :
  (i < p)%nat -> (j < d)%nat -> (block d i j s b < 4 * (p * d))%nat.
Proof. intros Hi Hj. unfold block. destruct s, b; nia. Qed.

(** One weight, by the two signs and two halves. *)
Lemma gadget w x eps a b c e :
  0 <= eps ->
  Qabs (w * (1 # 2) - a) <= 2 * eps -> Qabs (w * (1 # 2) - b) <= 2 * eps ->
  Qabs (- w * (1 # 2) - c) <= 2 * eps -> Qabs (- w * (1 # 2) - e) <= 2 * eps ->
  Qabs ((a + b) * relu x + (c + e) * relu (- x) - w * x) <= 4 * eps * Qabs x.
Proof.
  intros He Ha Hb Hc Hd.
  apply Qabs_Qle_condition in Ha, Hb, Hc, Hd.
  destruct (Qlt_le_dec x 0) as [Hx|Hx].
  - rewrite (Qabs_neg x) by lra.
    destruct (relu_cases x) as [[? ->]|[? ->]]; [lra|].
    destruct (relu_cases (- x)) as [[? ->]|[? ->]]; [|lra].
    apply Qabs_Qle_condition. split; nra.
  - rewrite (Qabs_pos x) by lra.
    destruct (relu_cases x) as [[? ->]|[? ->]]; [|lra].
    assert (E : relu (- x) == 0) by (destruct (relu_cases (- x)) as [[? ->]|[? ->]]; lra).
    rewrite E. apply Qabs_Qle_condition. split; nra.
Qed.

Lemma contains_from_sums eps rs :
  0 <= eps ->
  length rs = (4 * (p * d) * n)%nat ->
  (forall k, (k < 4 * (p * d))%nat ->
     reaches M (2 * eps) (-1 # 2) (1 # 2) (items M (chunk n k rs))) ->
  contains (4 * eps) rs.
Proof.
  intros He Hlen Hr W HW.
  (* A mask for every block: its sum is half of the weight, with the sign of the unit. *)
  set (half := fun i j (s b : bool) mask => length mask = n /\
    Qabs (sign s * W i j * (1 # 2)
          - (kept mask (items M (chunk n (block d i j s b) rs)) # M)) <= 2 * eps).
  assert (Hmask : exists f : nat -> nat -> bool -> bool -> list bool,
    forall i, (i < p)%nat -> forall j, (j < d)%nat -> forall s b, half i j s b (f i j s b)).
  { apply (finite_choice _ (fun _ _ _ => []) (fun i f =>
      forall j, (j < d)%nat -> forall s b, half i j s b (f j s b))). intros i Hi.
    apply (finite_choice _ (fun _ _ => []) (fun j f => forall s b, half i j s b (f s b))).
    intros j Hj.
    assert (H1 : forall s b, exists mask, half i j s b mask).
    { intros s b. destruct (HW i j Hi Hj) as [Hlo Hhi].
      destruct (Hr _ (block_bound i j s b Hi Hj) (sign s * W i j * (1 # 2))) as [mask [Hl Hm]];
        [destruct s; cbn [sign]; lra..|].
      exists mask. split; [|exact Hm]. rewrite Hl. unfold items, chunk.
      rewrite map_length, firstn_length, skipn_length.
      pose proof (block_bound i j s b Hi Hj). nia. }
    destruct (H1 true true) as [m1 ?], (H1 true false) as [m2 ?],
             (H1 false true) as [m3 ?], (H1 false false) as [m4 ?].
    exists (fun s b : bool => if s then if b then m1 else m2 else if b then m3 else m4).
    intros [|] [|]; assumption. }
  destruct Hmask as [f Hf].
  exists (fun j _ _ _ j' => Nat.eqb j j'), (fun i j s b h => nth h (f i j s b) false).
  intros x i Hi.
  assert (E : Qabs (network rs (fun j _ _ _ j' => Nat.eqb j j')
                (fun i j s b h => nth h (f i j s b) false) x i - target W x i)
              <= 4 * eps * Qsum d (fun j => Qabs (x j))).
  { unfold network, target. rewrite Qsum_minus, <- Qsum_scale. apply Qsum_abs. intros j Hj.
    assert (Hsum : forall s b,
      Qsum n (fun h => if nth h (f i j s b) false
                       then weight rs i j s b h * hidden (fun j _ _ _ j' => Nat.eqb j j') x j s b h
                       else 0)
      == (kept (f i j s b) (items M (chunk n (block d i j s b) rs)) # M) * relu (sign s * x j)).
    { intros s b. destruct (Hf i Hi j Hj s b) as [Hl _].
      assert (Hn : length (items M (chunk n (block d i j s b) rs)) = n).
      { unfold items, chunk. rewrite map_length, firstn_length, skipn_length.
        pose proof (block_bound i j s b Hi Hj). nia. }
      rewrite Qmult_comm, <- kept_sum by congruence. rewrite Hn, <- Qsum_scale.
      apply Qsum_ext. intros h _.
      assert (Hh : hidden (fun j _ _ _ j' => Nat.eqb j j') x j s b h == relu (sign s * x j)).
      { apply relu_eq. apply (Qsum_single d j (fun j' => sign s * x j') Hj). }
      destruct (nth h (f i j s b) false); [|ring]. rewrite Hh. unfold weight. ring. }
    unfold both. rewrite !Hsum.
    pose proof (proj2 (Hf i Hi j Hj true true)) as H1. pose proof (proj2 (Hf i Hi j Hj true false)) as H2.
    pose proof (proj2 (Hf i Hi j Hj false true)) as H3. pose proof (proj2 (Hf i Hi j Hj false false)) as H4.
    cbn [sign] in *.
    set (sum_of := fun s b =>
      (kept (f i j s b) (items M (chunk n (block d i j s b) rs)) # M)).
    fold (sum_of true true) (sum_of true false) (sum_of false true) (sum_of false false) in *.
    generalize dependent (sum_of true true). intros a Ha.
    generalize dependent (sum_of true false). intros b Hb.
    generalize dependent (sum_of false true). intros c Hc.
    generalize dependent (sum_of false false). intros e Hd.
    assert (G : Qabs ((a + b) * relu (x j) + (c + e) * relu (- x j) - W i j * x j)
                <= 4 * eps * Qabs (x j)).
    { apply gadget; try exact He.
      - eapply Qle_trans; [|exact Ha]. apply Qle_lteq. right. apply Qabs_wd. ring.
      - eapply Qle_trans; [|exact Hb]. apply Qle_lteq. right. apply Qabs_wd. ring.
      - eapply Qle_trans; [|exact Hc]. apply Qle_lteq. right. apply Qabs_wd. ring.
      - eapply Qle_trans; [|exact Hd]. apply Qle_lteq. right. apply Qabs_wd. ring. }
    eapply Qle_trans; [|exact G]. apply Qle_lteq. right. apply Qabs_wd.
    rewrite (relu_eq (1 * x j) (x j)), (relu_eq (-1 * x j) (- x j)) by ring. ring. }
  split; [exact E|]. eapply Qle_trans; [apply relu_lipschitz|exact E].
Qed.

(** The theorem: n items that suffice for one sum make 4 n d hidden units suffice for a layer. *)
Theorem dense_layer eps delta :
  0 <= eps -> suffices M n eps delta ->
  all_but (times (4 * (p * d)) delta) M (4 * (p * d) * n) (contains (4 * eps)).
Proof.
  intros He Hs.
  apply (all_but_weaken _ _ _ (fun rs => forall k, (k < 4 * (p * d))%nat ->
           reaches M (2 * eps) (-1 # 2) (1 # 2) (items M (chunk n k rs)))).
  - intros rs [Hl _] Hk. now apply contains_from_sums.
  - apply (all_blocks M n (4 * (p * d)) delta
             (fun rs => reaches M (2 * eps) (-1 # 2) (1 # 2) (items M rs)) Hs).
Qed.

End Source.

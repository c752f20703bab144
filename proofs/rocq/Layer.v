(** A dense layer inside a random two-layer ReLU network, for every target matrix at once.

    The source has d inputs and p outputs. A hidden unit (j, s, b, h) is meant for input j, sign s
    and block b; its first weight for input j has the sign s, its other first weights are arbitrary.
    The second weights are the random items, U[-1, 1] on the multiples of 1 / M. Masks choose, for
    each unit, the inputs it keeps, and for each output the units it keeps. With x = relu x -
    relu (- x), units of either sign offer their weights to subset sums of their own (Pensia's
    gadget); a target weight of [-1, 1] is split into equal parts, each with a block of n items. *)

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
Lemma each_block M n T delta (good : nat -> list Z -> Prop) :
  (forall k, (k < T)%nat -> all_but delta M n (good k)) ->
  all_but (times T delta) M (T * n) (fun rs => forall k, (k < T)%nat -> good k (chunk n k rs)).
Proof.
  revert good. induction T as [|T IH]; intros good Hall.
  - exists []. split; [cbn; lia|]. intros rs _. right. lia.
  - destruct (Hall 0%nat) as [bad [Hb Hg]]; [lia|].
    destruct (IH (fun k => good (S k))) as [bad' [Hb' Hg']]; [intros; apply Hall; lia|].
    change (S T * n)%nat with (n + T * n)%nat.
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

Lemma all_blocks M n T delta (good : list Z -> Prop) :
  all_but delta M n good ->
  all_but (times T delta) M (T * n) (fun rs => forall k, (k < T)%nat -> good (chunk n k rs)).
Proof. intros H. now apply (each_block M n T delta (fun _ => good)). Qed.

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

Lemma Qsum_const n c : Qsum n (fun _ => c) == inject_Z (Z.of_nat n) * c.
Proof.
  induction n as [|n IH]; cbn [Qsum]; [cbn; ring|].
  rewrite IH, Nat2Z.inj_succ. unfold Z.succ. rewrite inject_Z_plus. cbn [inject_Z]. ring.
Qed.

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

Lemma relu_scale v y : 0 <= v -> relu (v * y) == v * relu y.
Proof.
  intros Hv. destruct (relu_cases (v * y)) as [[H1 ->]|[H1 ->]],
    (relu_cases y) as [[H2 ->]|[H2 ->]]; try nra.
Qed.

Lemma relu_lipschitz x y : Qabs (relu x - relu y) <= Qabs (x - y).
Proof.
  apply Qabs_case; apply Qabs_case; intros;
    destruct (relu_cases x) as [[? ->]|[? ->]], (relu_cases y) as [[? ->]|[? ->]]; lra.
Qed.

(** ** The source network *)

Definition both (f : bool -> Q) : Q := f true + f false.
Definition sign (s : bool) : Q := if s then 1 else -1.

Section Source.

Variables (M : positive) (d p B n : nat).

(** The first weight of hidden unit (j, s, b, h) for input j'. *)
Variable first : nat -> bool -> nat -> nat -> nat -> Q.

(** The block of n draws that output i takes for input j, sign s and part b. *)
Definition block (i j : nat) (s : bool) (b : nat) : nat :=
  (((i * d + j) * 2 + (if s then 0 else 1)) * B + b)%nat.

Definition blocks : nat := (p * d * 2 * B)%nat.

(** The random second weight of output i for hidden unit (j, s, b, h). *)
Definition second (rs : list Z) (i j : nat) (s : bool) (b h : nat) : Q :=
  nth h (items M (chunk n (block i j s b) rs)) 0%Z # M.

(** Hidden unit (j, s, b, h): the ReLU of the inputs that its mask keeps. *)
Definition hidden (keeps : nat -> bool -> nat -> nat -> nat -> bool) (x : nat -> Q)
  (j : nat) (s : bool) (b h : nat) : Q :=
  relu (Qsum d (fun j' => if keeps j s b h j' then first j s b h j' * x j' else 0)).

(** Output i of the masked network. *)
Definition network (rs : list Z) (keeps : nat -> bool -> nat -> nat -> nat -> bool)
  (uses : nat -> nat -> bool -> nat -> nat -> bool) (x : nat -> Q) (i : nat) : Q :=
  Qsum d (fun j => both (fun s => Qsum B (fun b => Qsum n (fun h =>
    if uses i j s b h then second rs i j s b h * hidden keeps x j s b h else 0)))).

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

Lemma block_bound i j s b :
  (i < p)%nat -> (j < d)%nat -> (b < B)%nat -> (block i j s b < blocks)%nat.
Proof.
  intros Hi Hj Hb. unfold block, blocks.
  assert ((i * d + j) * 2 + (if s then 0 else 1) + 1 <= p * d * 2)%nat by (destruct s; nia). nia.
Qed.

(** The part of a block of that index. *)
Definition input_of (k : nat) : nat := ((k / B / 2) mod d)%nat.
Definition sign_of (k : nat) : bool := Nat.eqb ((k / B) mod 2) 0.
Definition part_of (k : nat) : nat := (k mod B)%nat.

Lemma block_parts i j s b : (j < d)%nat -> (b < B)%nat ->
  input_of (block i j s b) = j /\ sign_of (block i j s b) = s /\ part_of (block i j s b) = b.
Proof.
  intros Hj Hb. unfold input_of, sign_of, part_of, block.
  rewrite Nat.div_add_l, (Nat.div_small b B), Nat.add_0_r by lia.
  rewrite (Nat.add_comm (_ * B) b), Nat.mod_add, (Nat.mod_small b B) by lia.
  rewrite Nat.div_add_l, (Nat.div_small (if s then 0 else 1) 2), Nat.add_0_r
    by (destruct s; lia).
  rewrite (Nat.add_comm (_ * 2)), Nat.mod_add, (Nat.mod_small (if s then 0 else 1) 2)
    by (destruct s; lia).
  rewrite (Nat.add_comm (i * d)), Nat.mod_add, Nat.mod_small by lia.
  repeat split. destruct s; reflexivity.
Qed.

(** One weight, by the two signs. *)
Lemma gadget w x e a c :
  Qabs (w - a) <= e -> Qabs (- w - c) <= e ->
  Qabs (a * relu x + c * relu (- x) - w * x) <= e * Qabs x.
Proof.
  intros Ha Hc. apply Qabs_Qle_condition in Ha, Hc.
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

Variable size_of : nat -> bool -> nat -> nat -> Q.
Hypothesis own : forall j s b h, (j < d)%nat -> (b < B)%nat -> (h < n)%nat ->
  0 <= size_of j s b h /\ first j s b h j == sign s * size_of j s b h.

(** What a mask of one block adds to the weight of its input. *)
Definition offered (rs : list Z) (i j : nat) (s : bool) (b : nat) (mask : nat -> bool) : Q :=
  Qsum n (fun h => if mask h then size_of j s b h * second rs i j s b h else 0).

Lemma contains_from_sums e rs :
  (0 < B)%nat ->
  (forall i j s b, (i < p)%nat -> (j < d)%nat -> (b < B)%nat ->
     forall z, -1 <= inject_Z (Z.of_nat B) * z <= 1 ->
     exists mask, Qabs (z - offered rs i j s b mask) <= e) ->
  contains (inject_Z (Z.of_nat B) * e) rs.
Proof.
  intros HB Hr W HW. set (t := inject_Z (Z.of_nat B)).
  assert (Ht : 0 < t) by (unfold t, Qlt; cbn; lia).
  assert (Ez : forall y, t * (y / t) == y).
  { intros y. field. intros E. rewrite E in Ht. now apply Qlt_irrefl in Ht. }
  (* A mask for every block: its sum is a part of the weight, with the sign of the unit. *)
  set (fits := fun i j s b mask => Qabs (sign s * W i j / t - offered rs i j s b mask) <= e).
  assert (Hmask : exists f : nat -> nat -> bool -> nat -> nat -> bool,
    forall i, (i < p)%nat -> forall j, (j < d)%nat -> forall s b, (b < B)%nat ->
      fits i j s b (f i j s b)).
  { apply (finite_choice _ (fun _ _ _ _ => false) (fun i f =>
      forall j, (j < d)%nat -> forall s b, (b < B)%nat -> fits i j s b (f j s b))). intros i Hi.
    apply (finite_choice _ (fun _ _ _ => false) (fun j f =>
      forall s b, (b < B)%nat -> fits i j s b (f s b))). intros j Hj.
    assert (Hs : forall s, exists f, forall b, (b < B)%nat -> fits i j s b (f b)).
    { intros s. apply (finite_choice _ (fun _ => false) (fits i j s)). intros b Hb.
      apply Hr; try assumption. fold t. rewrite Ez. destruct (HW i j Hi Hj). destruct s; cbn [sign]; lra. }
    destruct (Hs true) as [f1 H1], (Hs false) as [f2 H2].
    exists (fun s : bool => if s then f1 else f2). intros [|]; assumption. }
  destruct Hmask as [f Hf].
  exists (fun j _ _ _ j' => Nat.eqb j j'), f. intros x i Hi.
  assert (E : Qabs (network rs (fun j _ _ _ j' => Nat.eqb j j') f x i - target W x i)
              <= t * e * Qsum d (fun j => Qabs (x j))).
  { unfold network, target. rewrite Qsum_minus, <- Qsum_scale. apply Qsum_abs. intros j Hj.
    set (S := fun s => Qsum B (fun b => offered rs i j s b (f i j s b))).
    assert (Hsum : forall s,
      Qsum B (fun b => Qsum n (fun h => if f i j s b h
        then second rs i j s b h * hidden (fun j _ _ _ j' => Nat.eqb j j') x j s b h else 0))
      == S s * relu (sign s * x j)).
    { intros s. unfold S. rewrite Qmult_comm, <- Qsum_scale. apply Qsum_ext. intros b Hb.
      unfold offered. rewrite <- Qsum_scale. apply Qsum_ext. intros h Hh.
      destruct (f i j s b h); [|ring]. destruct (own j s b h Hj Hb Hh) as [Hpos Hown].
      assert (G : hidden (fun j _ _ _ j' => Nat.eqb j j') x j s b h
                  == size_of j s b h * relu (sign s * x j)).
      { rewrite <- relu_scale by exact Hpos. apply relu_eq.
        rewrite (Qsum_single d j (fun j' => first j s b h j' * x j') Hj), Hown. ring. }
      rewrite G. ring. }
    assert (Hclose : forall s, Qabs (sign s * W i j - S s) <= t * e).
    { intros s. rewrite <- (Ez (sign s * W i j)). unfold t at 1. rewrite <- Qsum_const.
      unfold S. rewrite Qsum_minus. unfold t. rewrite <- Qsum_const. apply Qsum_abs. intros b Hb.
      now apply Hf. }
    unfold both. rewrite !Hsum.
    pose proof (Hclose true) as H1. pose proof (Hclose false) as H2. cbn [sign] in *.
    assert (G : Qabs (S true * relu (x j) + S false * relu (- x j) - W i j * x j)
                <= t * e * Qabs (x j)).
    { apply gadget.
      - eapply Qle_trans; [|exact H1]. apply Qle_lteq. right. apply Qabs_wd. ring.
      - eapply Qle_trans; [|exact H2]. apply Qle_lteq. right. apply Qabs_wd. ring. }
    eapply Qle_trans; [|exact G]. apply Qle_lteq. right. apply Qabs_wd.
    rewrite (relu_eq (1 * x j) (x j)), (relu_eq (-1 * x j) (- x j)) by ring. ring. }
  split; [exact E|]. eapply Qle_trans; [apply relu_lipschitz|exact E].
Qed.

Lemma chunk_length k rs :
  length rs = (blocks * n)%nat -> (k < blocks)%nat -> length (items M (chunk n k rs)) = n.
Proof.
  intros Hl Hk. unfold items, chunk. rewrite map_length, firstn_length, skipn_length. nia.
Qed.

End Source.

(** ** First weights +1 and -1 *)

Lemma kept_sum M mask ks :
  length mask = length ks ->
  Qsum (length ks) (fun h => if nth h mask false then 1 * (nth h ks 0%Z # M) else 0)
  == (kept mask ks # M).
Proof.
  revert mask. induction ks as [|k ks IH]; intros [|b mask] Hl; try discriminate; [reflexivity|].
  cbn [length]. rewrite Qsum_first. cbn [nth kept]. rewrite IH by (now injection Hl).
  assert (E : forall u v, (u # M) + (v # M) == (u + v # M)).
  { intros u v. unfold Qeq, Qplus. cbn [Qnum Qden]. rewrite !Pos2Z.inj_mul. ring. }
  destruct b; [rewrite <- E; ring|]. rewrite Z.add_0_l. ring.
Qed.

Definition plus_minus (j : nat) (s : bool) (b h j' : nat) : Q := sign s.

(** The theorem: n items that suffice for one sum make 4 n d hidden units suffice for a layer. *)
Theorem dense_layer M d p n eps delta :
  suffices M n eps delta ->
  all_but (times (4 * (p * d)) delta) M (4 * (p * d) * n)
          (contains M d p 2 n plus_minus (4 * eps)).
Proof.
  intros Hs. replace (4 * (p * d))%nat with (blocks d p 2) by (unfold blocks; lia).
  apply (all_but_weaken _ _ _ (fun rs => forall k, (k < blocks d p 2)%nat ->
           reaches M (2 * eps) (-1 # 2) (1 # 2) (items M (chunk n k rs)))).
  - intros rs [Hl _] Hk.
    assert (C : contains M d p 2 n plus_minus (inject_Z (Z.of_nat 2) * (2 * eps)) rs).
    { apply (contains_from_sums M d p 2 n plus_minus (fun _ _ _ _ => 1)); [|lia|].
      - intros. split; [lra|]. unfold plus_minus. ring.
      - intros i j s b Hi Hj Hb z Hz.
        assert (Hbl := block_bound d p 2 i j s b Hi Hj Hb).
        change (inject_Z (Z.of_nat 2)) with 2 in Hz. destruct (Hk _ Hbl z) as [mask [Hm Hz']]; [lra|lra|].
        exists (fun h => nth h mask false). unfold offered, second.
        pose proof (chunk_length M d p 2 n _ rs Hl Hbl) as Hc.
        eapply Qle_trans; [|exact Hz']. apply Qle_lteq. right. apply Qabs_wd.
        rewrite <- (kept_sum M mask) by exact Hm. rewrite Hc. reflexivity. }
    intros W HW. destruct (C W HW) as [keeps [uses HC]]. exists keeps, uses. intros x i Hi.
    assert (E : 4 * eps == inject_Z (Z.of_nat 2) * (2 * eps)) by (change (inject_Z (Z.of_nat 2)) with 2; ring).
    rewrite E. now apply HC.
  - now apply (all_blocks M n _ delta
                 (fun rs => reaches M (2 * eps) (-1 # 2) (1 # 2) (items M rs))).
Qed.

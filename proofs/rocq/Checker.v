(** The robust dynamic program: a boolean checker, proved sound.

    Shares of the window are multiples of 1 / D, probabilities multiples of 1 / den. A potential is
    a polygon over cells [p, q] of shares: at most L at the left end, R at the right end, the chord
    between; beyond the last cell nothing fails. A row of a table holds, for each cell, a line
    a - s x. If the line lies above the old polygon wherever the next share can be (growth at most
    double), then by the expected growth its value at the mean, x + x (1 - x) / 2, bounds the new
    potential; this is convex in x, so its values at the two ends bound it on the cell. *)

From Coq Require Import ZArith QArith List Lia Bool.
From slt Require Import Sums Law Window.
Import ListNotations.
Open Scope Z_scope.

Record table := {
  shares : Z;                      (* D *)
  unit : Z;                        (* den *)
  states : list Z;                 (* p_0 < p_1 < ... < p_S, the ends of the cells *)
  rows : list (list (Z * Z))       (* (a, s) for each cell, one row an item *)
}.

Record cell := { left : Z; at_left : Z; right : Z; at_right : Z }.

(** At the end of the sample every open state counts as a failure. *)
Fixpoint ones (den : Z) (ps : list Z) : list cell :=
  match ps with
  | p :: (q :: _) as rest => {| left := p; at_left := den; right := q; at_right := den |}
                               :: ones den rest
  | _ => []
  end.

(** The line lies above the polygon on all cells that begin before [reach]. *)
Fixpoint above (a s reach : Z) (V : list cell) : bool :=
  match V with
  | [] => true
  | c :: V' =>
      (reach <=? left c)
      || ((at_left c <=? a - s * left c) && (at_right c <=? a - s * right c)
          && above a s reach V')
  end.

(** The line at the mean of the next share, rounded up: a - s x (3 D - x) / (2 D). *)
Definition at_mean (D a s x : Z) : Z := a - (s * x * (3 * D - x)) / (2 * D).

Fixpoint next (D last : Z) (V : list cell) (row : list (Z * Z)) : option (list cell) :=
  match V, row with
  | [], [] => Some []
  | c :: V', (a, s) :: row' =>
      let reach := Z.min (2 * right c) D in
      if (0 <=? s) && above a s reach V && ((reach <=? last) || (s * D <=? a))
      then
        match next D last V' row' with
        | Some W => Some ({| left := left c; at_left := at_mean D a s (left c);
                             right := right c; at_right := at_mean D a s (right c) |} :: W)
        | None => None
        end
      else None
  | _, _ => None
  end.

Fixpoint potential (D last : Z) (V : list cell) (rows : list (list (Z * Z)))
  : option (list cell) :=
  match rows with
  | [] => Some V
  | row :: rest =>
      match next D last V row with
      | Some W => potential D last W rest
      | None => None
      end
  end.

Fixpoint increasing (ps : list Z) : bool :=
  match ps with
  | p :: (q :: _) as rest => (p <? q) && increasing rest
  | _ => true
  end.

Definition first_state (t : table) : Z := hd 0 (states t).
Definition last_state (t : table) : Z := List.last (states t) 0.

(** The statement that a table is to support: 2 eps <= 1/2, and the share of the start and the
    share that may stay open fit into 2 eps with 3 / (2 M) to spare for every M >= [least]. *)
Definition fits (t : table) (least : Z) (eps : Q) : bool :=
  let D := shares t in
  (0 <? D) && (0 <? unit t) && (0 <? first_state t) && (last_state t <? D) && (2 <=? least)
  && increasing (states t) && (1 <? Z.of_nat (length (states t)))
  && (4 * Qnum eps <=? QDen eps)
  && (QDen eps * ((first_state t + 2 * (D - last_state t)) * least + 3 * D)
      <=? 4 * D * least * Qnum eps).

Definition check (t : table) (least : Z) (n : nat) (eps delta : Q) : bool :=
  fits t least eps && (Nat.eqb (length (rows t)) n) && (0 <=? Qnum delta)
  && match potential (shares t) (last_state t) (ones (unit t) (states t)) (rows t) with
     | Some V => forallb (fun c => (at_left c * QDen delta <=? Qnum delta * unit t)
                                   && (at_right c * QDen delta <=? Qnum delta * unit t)) V
     | None => false
     end.

(** ** Soundness *)

(** The cells of a potential join up, from p to [last]. *)
Fixpoint joined (last p : Z) (V : list cell) : Prop :=
  match V with
  | [] => p = last
  | c :: V' => p = left c /\ left c < right c /\ joined last (right c) V'
  end.

Lemma joined_le last p V : joined last p V -> p <= last.
Proof.
  revert p. induction V as [|c V IH]; cbn; intros p Hp; [lia|].
  destruct Hp as [-> [Hc HV]]. apply IH in HV. lia.
Qed.

Lemma ones_joined den ps : increasing ps = true -> ps <> [] ->
  joined (List.last ps 0) (hd 0 ps) (ones den ps).
Proof.
  induction ps as [|p ps IH]; intros Hi Hn; [congruence|].
  destruct ps as [|q ps]; [reflexivity|].
  cbn [increasing] in Hi. apply andb_true_iff in Hi. destruct Hi as [Hpq Hi].
  apply Z.ltb_lt in Hpq. cbn [ones joined hd left right]. repeat split; [exact Hpq|].
  apply IH; [exact Hi|discriminate].
Qed.

Section Sound.

Variable H : positive.
Notation M := (2 * H)%positive.
Notation R := (size M).
Variables (D den last g : Z).
Hypothesis HD : 0 < D.
Hypothesis Hden : 0 < den.
Hypothesis Hlast : last < D.
Hypothesis Hg : (D - last) * Zpos M <= g * D.

Notation cov := (covered H).
Notation fails := (failures H g).

(** The state of a set in units of 1 / (D M). *)
Notation state C := (cov C * D).

Notation chain := (joined last).

(** What a potential V says about the failures of t further items. *)
Definition bounds (t : nat) (V : list cell) : Prop :=
  Forall (fun c => forall C,
    left c * Zpos M <= state C <= right c * Zpos M ->
    (right c - left c) * (Zpos M * (den * fails t C))
    <= R ^ Z.of_nat t * (at_left c * (right c * Zpos M - state C)
                         + at_right c * (state C - left c * Zpos M))) V.

Lemma fails_end t C : last * Zpos M < state C -> fails t C = 0.
Proof.
  intros HC. apply failures_end.
  apply Z.mul_lt_mono_pos_r with D; [exact HD|]. rewrite Z.mul_sub_distr_r in *. lia.
Qed.

(** The chord of one cell below a line. *)
Lemma chord_below (p q l r a s x m N T : Z) :
  p < q -> 0 <= T -> p * m <= x <= q * m -> l <= a - s * p -> r <= a - s * q ->
  (q - p) * N <= T * (l * (q * m - x) + r * (x - p * m)) ->
  N <= T * (a * m - s * x).
Proof.
  intros Hpq HT Hx Hl Hr HN.
  apply Z.mul_le_mono_pos_l with (q - p); [lia|].
  transitivity (T * (l * (q * m - x) + r * (x - p * m))); [exact HN|].
  transitivity (T * ((a - s * p) * (q * m - x) + (a - s * q) * (x - p * m))).
  - apply Z.mul_le_mono_nonneg_l; [exact HT|].
    apply Z.add_le_mono; apply Z.mul_le_mono_nonneg_r; lia.
  - apply Z.eq_le_incl. ring.
Qed.

(** A line above the polygon bounds the failures linearly in the state. *)
Lemma above_sound t a s reach V p C :
  chain p V -> bounds t V -> 0 <= s ->
  above a s reach V = true ->
  (reach <= last \/ s * D <= a) ->
  (p * Zpos M < state C \/ V <> [] /\ p * Zpos M <= state C /\ p < reach) ->
  state C <= reach * Zpos M -> reach <= D ->
  Zpos M * (den * fails t C) <= R ^ Z.of_nat t * (a * Zpos M - s * state C).
Proof.
  intros Hchain HV Hs Hab Hend Hlo Hhi HrD.
  pose proof (power_pos M t) as HT.
  revert p Hchain Hlo. induction V as [|c V IH]; intros p Hchain Hlo.
  - cbn in Hchain. subst p. destruct Hlo as [Hlo|[[] _]]; [|reflexivity].
    assert (last < reach) by (apply Z.mul_lt_mono_pos_r with (Zpos M); lia).
    assert (HsD : s * D <= a) by lia.
    rewrite fails_end by exact Hlo. rewrite !Z.mul_0_r.
    apply Z.mul_nonneg_nonneg; [lia|].
    assert (state C <= D * Zpos M) by (transitivity (reach * Zpos M); [exact Hhi|nia]).
    assert (s * state C <= s * (D * Zpos M)) by (apply Z.mul_le_mono_nonneg_l; assumption).
    assert (s * D * Zpos M <= a * Zpos M) by (apply Z.mul_le_mono_nonneg_r; lia).
    lia.
  - destruct Hchain as [-> [Hc Hchain]].
    assert (left c < reach).
    { destruct Hlo as [Hlo|[_ [_ Hlo]]]; [|exact Hlo].
      apply Z.mul_lt_mono_pos_r with (Zpos M); lia. }
    assert (left c * Zpos M <= state C) by (destruct Hlo as [Hlo|[_ [Hlo _]]]; lia).
    cbn [above] in Hab. rewrite (proj2 (Z.leb_gt _ _)) in Hab by assumption.
    cbn [orb] in Hab. rewrite !andb_true_iff, !Z.leb_le in Hab. destruct Hab as [[Hl Hr] Hab].
    inversion HV as [|c' V' Hcell HV']; subst.
    destruct (Z_le_gt_dec (state C) (right c * Zpos M)) as [Hin|Hout].
    + apply (chord_below (left c) (right c) (at_left c) (at_right c)); try lia.
      apply Hcell. lia.
    + apply (IH HV' Hab (right c) Hchain). left. lia.
Qed.

(** One step, at the mean: the algebra of the new values at the ends of a cell. *)
Lemma mean_convex p q a s x m T N l r :
  0 < D -> 0 < m -> 0 <= T -> 0 <= s -> p < q -> p * m <= x <= q * m ->
  D * N <= T * (2 * (2 * D * m * a * m - s * (3 * D * m * x - x * x))) ->
  2 * D * a - s * p * (3 * D - p) <= 2 * D * l ->
  2 * D * a - s * q * (3 * D - q) <= 2 * D * r ->
  (q - p) * N <= 4 * m * T * (l * (q * m - x) + r * (x - p * m)).
Proof.
  intros HD0 Hm HT Hs Hpq Hx HN Hl Hr.
  apply Z.mul_le_mono_pos_l with D; [exact HD0|].
  transitivity ((q - p) * (T * (2 * (2 * D * m * a * m - s * (3 * D * m * x - x * x))))).
  { replace (D * ((q - p) * N)) with ((q - p) * (D * N)) by ring.
    apply Z.mul_le_mono_nonneg_l; [lia|exact HN]. }
  transitivity (2 * m * T * ((2 * D * a - s * p * (3 * D - p)) * (q * m - x)
                             + (2 * D * a - s * q * (3 * D - q)) * (x - p * m))).
  2:{ replace (D * (4 * m * T * (l * (q * m - x) + r * (x - p * m))))
        with (2 * m * T * (2 * D * l * (q * m - x) + 2 * D * r * (x - p * m))) by ring.
      apply Z.mul_le_mono_nonneg_l; [nia|].
      apply Z.add_le_mono; apply Z.mul_le_mono_nonneg_r; lia. }
  assert (E : 0 <= 2 * T * (s * ((q - p) * ((x - p * m) * (q * m - x))))).
  { repeat apply Z.mul_nonneg_nonneg; lia. }
  assert (F : 2 * m * T * ((2 * D * a - s * p * (3 * D - p)) * (q * m - x)
                           + (2 * D * a - s * q * (3 * D - q)) * (x - p * m))
              - (q - p) * (T * (2 * (2 * D * m * a * m - s * (3 * D * m * x - x * x))))
              = 2 * T * (s * ((q - p) * ((x - p * m) * (q * m - x))))) by ring.
  lia.
Qed.

Lemma at_mean_up a s x : 2 * D * a - s * x * (3 * D - x) <= 2 * D * at_mean D a s x.
Proof.
  unfold at_mean. pose proof (Z.mul_div_le (s * x * (3 * D - x)) (2 * D)). lia.
Qed.

Lemma next_cell t a s c V C :
  chain (left c) (c :: V) -> bounds t (c :: V) -> 0 < left c ->
  0 <= s -> above a s (Z.min (2 * right c) D) (c :: V) = true ->
  (Z.min (2 * right c) D <= last \/ s * D <= a) ->
  left c * Zpos M <= state C <= right c * Zpos M ->
  (right c - left c) * (Zpos M * (den * fails (S t) C))
  <= R ^ Z.of_nat (S t) * (at_mean D a s (left c) * (right c * Zpos M - state C)
                           + at_mean D a s (right c) * (state C - left c * Zpos M)).
Proof.
  intros Hchain HV Hpos Hs Hab Hend Hx.
  set (m := Zpos M) in *. set (T := R ^ Z.of_nat t).
  assert (HT : 0 < T) by apply power_pos.
  assert (Hm : 0 < m) by (unfold m; lia).
  assert (Hcl : left c < right c) by (cbn in Hchain; tauto).
  assert (Hr : right c <= last) by (cbn in Hchain; apply (joined_le _ _ V); tauto).
  rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. fold T.
  replace (R * T) with (4 * m * T) by (rewrite size_eq; reflexivity).
  apply mean_convex with (a := a) (s := s); try assumption; try lia; try apply at_mean_up.
  rewrite failures_S. fold m.
  replace (D * (m * (den * sum 0 (Z.to_nat R) (fun r => fails t (step H C (item (- m) r))))))
    with (D * sum 0 (Z.to_nat R) (fun r => m * (den * fails t (step H C (item (- m) r)))))
    by (rewrite !sum_scale; ring).
  transitivity (D * sum 0 (Z.to_nat R)
    (fun r => T * (a * m) + (- (T * s * D)) * cov (step H C (item (- m) r)))).
  - apply Z.mul_le_mono_nonneg_l; [lia|]. apply sum_le. intros r _. cbv beta.
    set (C' := step H C (item (- m) r)).
    assert (Hgrow : cov C <= cov C') by apply grows.
    assert (Hdouble : cov C' <= 2 * cov C) by apply doubles.
    assert (Hfull : cov C' <= m) by apply covered_range.
    replace (T * (a * m) + - (T * s * D) * cov C') with (T * (a * m - s * (cov C' * D))) by ring.
    apply above_sound with (reach := Z.min (2 * right c) D) (V := c :: V) (p := left c);
      try assumption.
    + right. split; [discriminate|]. split; [|lia].
      transitivity (cov C * D); [apply Hx|]. apply Z.mul_le_mono_nonneg_r; lia.
    + fold m. assert (cov C' * D <= m * D) by (apply Z.mul_le_mono_nonneg_r; lia).
      assert (cov C' * D <= 2 * cov C * D) by (apply Z.mul_le_mono_nonneg_r; lia).
      destruct (Z.min_spec (2 * right c) D) as [[_ ->]|[_ ->]]; lia.
    + lia.
  - pose proof (gain H C) as G. fold m in G. rewrite sum_plus, sum_const, sum_scale, G.
    replace (Z.of_nat (Z.to_nat R)) with (4 * m) by (rewrite size_eq; fold m; lia).
    rewrite size_eq. fold m. apply Z.eq_le_incl. ring.
Qed.

Lemma next_left V row W : next D last V row = Some W -> map left W = map left V /\ map right W = map right V.
Proof.
  revert row W. induction V as [|c V IH]; intros [|[a s] row] W HW; cbn in HW; try discriminate.
  - now injection HW as <-.
  - destruct (_ && _); [|discriminate].
    destruct (next D last V row) as [W'|] eqn:E; [|discriminate]. injection HW as <-.
    destruct (IH _ _ E) as [El Er]. cbn. now rewrite El, Er.
Qed.

Lemma chain_same V W p : map left W = map left V -> map right W = map right V ->
  chain p V -> chain p W.
Proof.
  revert W p. induction V as [|c V IH]; intros [|d W] p Hl Hr HV; try discriminate; [exact HV|].
  cbn in Hl, Hr. injection Hl as Hl Hl'. injection Hr as Hr Hr'.
  destruct HV as [-> [Hc HV]]. cbn. rewrite Hl, Hr. repeat split; [exact Hc|].
  now apply (IH W).
Qed.

Lemma next_sound t V row W p :
  chain p V -> 0 < p -> bounds t V -> next D last V row = Some W -> bounds (S t) W.
Proof.
  revert row W p. induction V as [|c V IH]; intros [|[a s] row] W p Hp H0 HV HW;
    cbn [next] in HW; try discriminate.
  - injection HW as <-. constructor.
  - destruct (_ && _) eqn:E in HW; [|discriminate].
    destruct (next D last V row) as [W'|] eqn:F; [|discriminate]. injection HW as <-.
    rewrite !andb_true_iff, orb_true_iff, !Z.leb_le in E. destruct E as [[Hs Hab] Hend].
    assert (Hp' := Hp). destruct Hp' as [-> [Hc Hchain]]. constructor.
    + cbn [left right at_left at_right]. intros C HC.
      apply next_cell with (V := V); assumption.
    + inversion HV; subst. apply (IH row W' (right c)); try assumption. lia.
Qed.

Lemma potential_sound t V rs W p :
  chain p V -> 0 < p -> bounds t V -> potential D last V rs = Some W ->
  chain p W /\ bounds (t + length rs) W.
Proof.
  revert t V. induction rs as [|row rs IH]; intros t V Hp H0 HV HW; cbn [potential] in HW.
  - injection HW as <-. cbn. rewrite Nat.add_0_r. now split.
  - destruct (next D last V row) as [V'|] eqn:E; [|discriminate].
    cbn [length]. rewrite Nat.add_succ_r. apply (IH (S t) V'); try assumption.
    + destruct (next_left _ _ _ E). now apply (chain_same V).
    + now apply (next_sound t V row V' p).
Qed.

Lemma ones_bounds ps : bounds 0 (ones den ps).
Proof.
  induction ps as [|p ps IH]; [constructor|].
  destruct ps as [|q ps]; [constructor|]. constructor; [|exact IH].
  cbn [left right at_left at_right]. intros C HC.
  pose proof (failures_0 H g C). pose proof (count_nonneg R 0 (fun rs => g <=? Zpos M - cov (run H C rs))).
  assert (den * fails 0 C <= den) by (unfold failures in *; nia).
  rewrite Z.pow_0_r, Z.mul_1_l.
  replace (den * (q * Zpos M - state C) + den * (state C - p * Zpos M))
    with ((q - p) * (Zpos M * den)) by ring.
  assert (p <= q) by (apply Z.mul_le_mono_pos_r with (Zpos M); lia).
  apply Z.mul_le_mono_nonneg_l; [lia|]. apply Z.mul_le_mono_nonneg_l; lia.
Qed.

(** A potential below [top] at all ends bounds every set of at least the first state. *)
Lemma bounds_top t V p C top :
  chain p V -> bounds t V -> V <> [] -> p * Zpos M <= state C -> 0 <= top ->
  Forall (fun c => at_left c <= top /\ at_right c <= top) V ->
  den * fails t C <= R ^ Z.of_nat t * top.
Proof.
  intros Hchain HV Hn Hp Htop Hall.
  pose proof (power_pos M t) as HT.
  assert (G : p * Zpos M < state C \/ V <> [] /\ p * Zpos M <= state C) by (right; now split).
  clear Hp Hn. revert p Hchain G. induction V as [|c V IH]; intros p Hchain G.
  - cbn in Hchain. subst p. destruct G as [G|[[] _]]; [|reflexivity].
    rewrite fails_end by exact G. rewrite Z.mul_0_r. apply Z.mul_nonneg_nonneg; lia.
  - destruct Hchain as [-> [Hc Hchain]].
    inversion HV as [|c' V' Hcell HV']; subst. inversion Hall as [|c' V' Htops Hall']; subst.
    destruct (Z_le_gt_dec (state C) (right c * Zpos M)) as [Hin|Hout].
    + apply Z.mul_le_mono_pos_l with (Zpos M); [lia|].
      replace (Zpos M * (R ^ Z.of_nat t * top)) with (R ^ Z.of_nat t * (top * Zpos M - 0 * state C))
        by ring.
      apply (chord_below (left c) (right c) (at_left c) (at_right c)); try lia.
      apply Hcell. lia.
    + apply (IH HV' Hall' (right c) Hchain). left. lia.
Qed.

End Sound.

(** ** The theorem behind every row of the table *)

(** Room for rounding at [least] is room at every larger m. *)
Lemma room p o D e g x y least m :
  0 < p -> 0 < o -> 0 < D -> 0 < y -> 0 < least <= m ->
  2 * D * e <= p * m + D -> D * g <= o * m + D - 1 ->
  y * ((p + 2 * o) * least + 3 * D) <= 4 * D * least * x ->
  (e + g) * y <= 2 * x * m.
Proof.
  intros Hp Ho HD Hy [Hl Hm] He Hg Hs.
  apply Z.mul_le_mono_pos_l with (2 * D); [lia|].
  transitivity (y * ((p + 2 * o) * m + 3 * D)).
  { replace (2 * D * ((e + g) * y)) with (y * (2 * D * e + 2 * (D * g))) by ring.
    apply Z.mul_le_mono_nonneg_l; lia. }
  apply Z.mul_le_mono_pos_l with least; [exact Hl|].
  transitivity (m * (y * ((p + 2 * o) * least + 3 * D))).
  { assert (least * (y * (3 * D)) <= m * (y * (3 * D))); [|lia].
    apply Z.mul_le_mono_nonneg_r; [|exact Hm]. apply Z.mul_nonneg_nonneg; lia. }
  transitivity (m * (4 * D * least * x)).
  { apply Z.mul_le_mono_nonneg_l; [lia|exact Hs]. }
  apply Z.eq_le_incl. ring.
Qed.

Theorem check_sound t least n eps delta :
  check t least n eps delta = true ->
  forall H : positive, least <= Zpos (2 * H) -> suffices (2 * H) n eps delta.
Proof.
  unfold check, fits. rewrite !andb_true_iff.
  intros [[[[[[[[[[[HD Hden] Hp0] HlD] Hleast] Hinc] Hlen] H4] Hslack] Hn] Hdelta] Hpot].
  rewrite ?Z.ltb_lt, ?Z.leb_le in *. apply Nat.eqb_eq in Hn.
  intros H HM.
  set (D := shares t) in *. set (den := unit t) in *. set (last := last_state t) in *.
  set (p := first_state t) in *. set (m := Zpos (2 * H)) in *.
  assert (Hm : 0 < m) by (unfold m; lia).
  destruct (potential D last (ones den (states t)) (rows t)) as [V|] eqn:EV; [|discriminate].
  (* The reach of the empty sum, and what may stay open: rounded up. *)
  set (e := (p * m + D) / (2 * D)). set (g := ((D - last) * m + D - 1) / D).
  assert (He : 2 * D * e <= p * m + D < 2 * D * e + 2 * D).
  { pose proof (Z.mul_div_le (p * m + D) (2 * D)).
    pose proof (Z.mul_succ_div_gt (p * m + D) (2 * D)). unfold e. lia. }
  assert (Hg : D * g <= (D - last) * m + D - 1 < D * g + D).
  { pose proof (Z.mul_div_le ((D - last) * m + D - 1) D).
    pose proof (Z.mul_succ_div_gt ((D - last) * m + D - 1) D). unfold g. lia. }
  assert (He0 : 0 <= e) by (apply Z.div_pos; nia).
  assert (Hg0 : 0 < g) by nia.
  (* The slack at [least] is one at every larger M. *)
  assert (Hroom : (e + g) * QDen eps <= 2 * Qnum eps * m).
  { apply (room p (D - last) D e g (Qnum eps) (QDen eps) least m); lia. }
  assert (Hhalf : e + g <= Zpos H).
  { apply Z.mul_le_mono_pos_r with (2 * QDen eps); [lia|].
    assert (4 * Qnum eps * m <= QDen eps * m) by (apply Z.mul_le_mono_nonneg_r; lia).
    unfold m in *. lia. }
  apply all_but_count with (bad := fun rs => g <=? m - covered H (run H (near e) rs)).
  - change (failures H g n (near e) * QDen delta <= Qnum delta * size (2 * H) ^ Z.of_nat n).
    assert (Hchain : joined last p (ones den (states t))).
    { apply ones_joined; [exact Hinc|]. intros E. rewrite E in Hlen. cbn in Hlen. lia. }
    assert (Hpl : p < last).
    { clear - Hchain Hlen Hinc. unfold p, last, first_state, last_state in *.
      destruct (states t) as [|x [|y ps]]; [cbn in Hlen; lia..|].
      cbn [ones joined hd left right] in Hchain. destruct Hchain as [_ [Hxy Hchain]].
      apply joined_le in Hchain. cbn [hd] in *. lia. }
    assert (Hg' : (D - last) * m <= g * D) by lia.
    assert (H1 : bounds H D den g 0 (ones den (states t))) by (apply ones_bounds with (last := last); assumption).
    assert (HV : joined last p V /\ bounds H D den g (0 + length (rows t)) V)
      by (eapply potential_sound; eassumption).
    rewrite Hn in HV. destruct HV as [HVc HVb].
    set (top := Qnum delta * den / QDen delta).
    assert (Htop : QDen delta * top <= Qnum delta * den) by (apply Z.mul_div_le; lia).
    assert (Hb : den * failures H g n (near e) <= size (2 * H) ^ Z.of_nat n * top).
    { apply bounds_top with (D := D) (last := last) (V := V) (p := p); try assumption.
      - intros ->. cbn in HVc. lia.
      - rewrite covered_near by lia. fold m. nia.
      - apply Z.div_pos; [nia|lia].
      - apply Forall_forall. intros c Hc. rewrite forallb_forall in Hpot.
        specialize (Hpot c Hc). rewrite andb_true_iff, !Z.leb_le in Hpot.
        split; apply Z.div_le_lower_bound; lia. }
    assert (HT : 0 < size (2 * H) ^ Z.of_nat n) by apply power_pos.
    apply Z.mul_le_mono_pos_l with den; [lia|].
    replace (den * (failures H g n (near e) * QDen delta))
      with (den * failures H g n (near e) * QDen delta) by ring.
    transitivity (size (2 * H) ^ Z.of_nat n * top * QDen delta).
    { apply Z.mul_le_mono_nonneg_r; [lia|exact Hb]. }
    replace (size (2 * H) ^ Z.of_nat n * top * QDen delta)
      with (size (2 * H) ^ Z.of_nat n * (QDen delta * top)) by ring.
    replace (den * (Qnum delta * size (2 * H) ^ Z.of_nat n))
      with (size (2 * H) ^ Z.of_nat n * (Qnum delta * den)) by ring.
    apply Z.mul_le_mono_nonneg_l; lia.
  - intros rs Hs Hbad. apply Z.leb_gt in Hbad.
    apply (finished_reaches H rs e g); try lia; try assumption.
Qed.

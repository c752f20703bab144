(** Sums of products: fixed first weights of at least 1/2, random second weights.

    For a first weight k / M with M / 2 <= k <= M and every |j| <= M / 2 some l has k l / M within
    1/2 of j. So of the 4 M draws of l exactly half stand for the 2 M draws of U[-1, 1] on the
    multiples of 2 / M, up to this rounding, and the others are left out. Of n items at least m are
    of the first kind, but for a binomial tail; m items suffice by a theorem on sums. *)

From Coq Require Import ZArith QArith Qabs Lqa List Lia Bool.
From slt Require Import Sums Law Floor.
Import ListNotations.
Open Scope Z_scope.

(** ** The draw that a map of draws came from *)

Fixpoint source (pre : Z -> Z) (N : nat) (r : Z) : option Z :=
  match N with
  | O => None
  | S n => if pre (Z.of_nat n) =? r then Some (Z.of_nat n) else source pre n r
  end.

Lemma source_some pre N r x : source pre N r = Some x -> 0 <= x < Z.of_nat N /\ pre x = r.
Proof.
  induction N as [|n IH]; cbn [source]; [discriminate|].
  destruct (Z.eqb_spec (pre (Z.of_nat n)) r) as [E|E].
  - intros [= <-]. split; [lia|exact E].
  - intros H. destruct (IH H). split; [lia|assumption].
Qed.

Definition injective_below (pre : Z -> Z) (N : nat) : Prop :=
  forall x y, 0 <= x < Z.of_nat N -> 0 <= y < Z.of_nat N -> pre x = pre y -> x = y.

Lemma sum_source pre N r phi :
  injective_below pre N ->
  sum 0 N (fun x => one_if (pre x =? r) * phi x)
  = match source pre N r with Some x => phi x | None => 0 end.
Proof.
  induction N as [|n IH]; intros Hi; cbn [sum source]; [reflexivity|].
  rewrite Z.add_0_l. destruct (Z.eqb_spec (pre (Z.of_nat n)) r) as [E|E]; cbn [one_if].
  - rewrite sum_zero; [lia|]. intros x Hx.
    destruct (Z.eqb_spec (pre x) r) as [E'|E']; [|cbn; lia].
    assert (x = Z.of_nat n) by (apply Hi; [lia|lia|congruence]). lia.
  - rewrite IH; [lia|]. intros x y Hx Hy. apply Hi; lia.
Qed.

(** Half of 2 N draws come from the N draws of the map, one from each. *)
Lemma sum_mixture pre N F :
  injective_below pre N -> (forall x, 0 <= x < Z.of_nat N -> 0 <= pre x < 2 * Z.of_nat N) ->
  sum 0 (2 * N) (fun r => F (source pre N r))
  = Z.of_nat N * F None + sum 0 N (fun x => F (Some x)).
Proof.
  intros Hi Hr.
  rewrite (sum_ext _ _ _ (fun r => F None
    + sum 0 N (fun x => one_if (pre x =? r) * (F (Some x) - F None)))).
  - rewrite sum_plus, sum_const, sum_swap.
    rewrite (sum_ext 0 N _ (fun x => F (Some x) + (-1) * F None)).
    + rewrite sum_plus, sum_const. lia.
    + intros x Hx. rewrite (sum_ext _ _ _ (fun r => (F (Some x) - F None) * one_if (pre x =? r)))
        by (intros; lia).
      rewrite sum_scale.
      rewrite (sum_support (pre x) 1).
      * cbn [sum]. rewrite Z.add_0_r, Z.eqb_refl. cbn [one_if]. lia.
      * specialize (Hr x). lia.
      * specialize (Hr x). lia.
      * intros r _ Ho. destruct (Z.eqb_spec (pre x) r); [lia|reflexivity].
  - intros r _. rewrite (sum_source pre N r (fun x => F (Some x) - F None) Hi).
    destruct (source pre N r); lia.
Qed.

(** ** The mixture *)

(** Draws that come from the maps, in order. *)
Fixpoint image (N : nat) (pres : list (Z -> Z)) (rs : list Z) : list Z :=
  match pres, rs with
  | pre :: pres', r :: rs' =>
      match source pre N r with
      | Some x => x :: image N pres' rs'
      | None => image N pres' rs'
      end
  | _, _ => []
  end.

Lemma image_range N pres rs : Forall (fun x => 0 <= x < Z.of_nat N) (image N pres rs).
Proof.
  revert rs. induction pres as [|pre pres IH]; intros [|r rs]; cbn [image]; try constructor.
  destruct (source pre N r) as [x|] eqn:E; [|apply IH].
  constructor; [now apply source_some in E|apply IH].
Qed.

(** The number of subsets of n items with fewer than m members. *)
Fixpoint tail (n m : nat) : Z :=
  match m with
  | O => 0
  | S m' => match n with
            | O => 1
            | S n' => tail n' m + tail n' m'
            end
  end.

(** The same by rows of Pascal's triangle, to compute: tail n 0, ..., tail n m. *)
Fixpoint tails (n m : nat) : list Z :=
  match n with
  | O => 0 :: repeat 1 m
  | S n' => let row := tails n' m in
            0 :: map (fun p => fst p + snd p) (combine (tl row) row)
  end.

Lemma tails_step (g : nat -> Z) m s :
  map (fun p => fst p + snd p) (combine (map g (seq (S s) m)) (map g (seq s (S m))))
  = map (fun j => g (S j) + g j) (seq s m).
Proof.
  revert s. induction m as [|m IH]; intros s; [reflexivity|].
  change (seq (S s) (S m)) with (S s :: seq (S (S s)) m).
  change (seq s (S (S m))) with (s :: seq (S s) (S m)).
  cbn [map combine fst snd]. rewrite IH. reflexivity.
Qed.

Lemma tails_tail n m : nth m (tails n m) 0 = tail n m.
Proof.
  assert (E : tails n m = map (tail n) (seq 0 (S m))).
  { induction n as [|n IH].
    - cbn [tails seq map]. f_equal. rewrite <- seq_shift, map_map.
      assert (G : forall l s, repeat 1 l = map (fun x => tail 0 (S x)) (seq s l)).
      { induction l as [|l IHl]; intros s; [reflexivity|]. cbn [repeat seq map]. now rewrite <- IHl. }
      apply G.
    - cbn [tails]. rewrite IH. change (tl (map (tail n) (seq 0 (S m)))) with (map (tail n) (seq 1 m)).
      rewrite tails_step. cbn [seq map]. f_equal. rewrite <- seq_shift, map_map. reflexivity. }
  rewrite E, (nth_indep _ 0 (tail n 0)) by (rewrite map_length, seq_length; lia).
  rewrite map_nth, seq_nth by lia. reflexivity.
Qed.

(** Fewer than m draws come from the maps, or the first m of them are bad. *)
Definition fails (N : nat) (pres : list (Z -> Z)) (m : nat) (P : list Z -> bool) (rs : list Z)
  : bool :=
  (length (image N pres rs) <? m)%nat || P (firstn m (image N pres rs)).

Definition fair (N : nat) (pre : Z -> Z) : Prop :=
  injective_below pre N /\ forall x, 0 <= x < Z.of_nat N -> 0 <= pre x < 2 * Z.of_nat N.

Lemma count_const R n (b : bool) : 0 <= R -> count R n (fun _ => b) = R ^ Z.of_nat n * one_if b.
Proof.
  intros HR. rewrite <- count_all by exact HR. unfold count. destruct b; cbn [one_if].
  - rewrite Z.mul_1_r. f_equal. f_equal. induction (samples R n); cbn; congruence.
  - rewrite Z.mul_0_r. induction (samples R n); cbn in *; [reflexivity|assumption].
Qed.

(** No draw is needed: the sample is bad if the empty one is. *)
Lemma mixture_none K N pres P : 0 <= K ->
  let n := length pres in
  count (2 * K) n (fails N pres 0 P) * K ^ Z.of_nat 0
  <= K ^ Z.of_nat (n + 0) * tail n 0 + (2 * K) ^ Z.of_nat n * count K 0 P.
Proof.
  intros HK. cbn zeta. rewrite (count_ext _ _ _ (fun _ => P [])) by reflexivity.
  rewrite count_const, count_0 by lia. change (Z.of_nat 0) with 0. rewrite Z.pow_0_r.
  replace (tail (length pres) 0) with 0 by (destruct pres; reflexivity). lia.
Qed.

Lemma mixture N pres m P :
  Forall (fair N) pres ->
  let n := length pres in
  count (2 * Z.of_nat N) n (fails N pres m P) * Z.of_nat N ^ Z.of_nat m
  <= Z.of_nat N ^ Z.of_nat (n + m) * tail n m
     + (2 * Z.of_nat N) ^ Z.of_nat n * count (Z.of_nat N) m P.
Proof.
  cbn zeta. set (K := Z.of_nat N). assert (HK : 0 <= K) by (unfold K; lia).
  intros HF. revert m P. induction HF as [|pre pres [Hi Hr] HF IH]; intros m P.
  - destruct m as [|m]; [now apply mixture_none|].
    rewrite count_0. cbn [length Nat.add tail]. change (Z.of_nat 0) with 0.
    rewrite Z.pow_0_r, Z.mul_1_r, Z.mul_1_l. unfold fails. cbn [image length orb].
    pose proof (count_nonneg K (S m) P). cbn [Nat.ltb Nat.leb orb one_if]. lia.
  - destruct m as [|m]; [now apply mixture_none|].
    cbn [length]. rewrite count_S.
    replace (Z.to_nat (2 * K)) with (2 * N)%nat by (unfold K; lia).
    rewrite (sum_ext _ _ _ (fun r =>
        (fun o => match o with
                  | Some x => count (2 * K) (length pres) (fails N pres m (fun l => P (x :: l)))
                  | None => count (2 * K) (length pres) (fails N pres (S m) P)
                  end) (source pre N r))).
      2:{ intros r _. cbv beta. destruct (source pre N r) as [x|] eqn:E.
          - apply count_ext. intros rs. unfold fails. cbn [image]. rewrite E. reflexivity.
          - apply count_ext. intros rs. unfold fails. cbn [image]. rewrite E. reflexivity. }
      rewrite (sum_mixture pre N (fun o => match o with
                  | Some x => count (2 * K) (length pres) (fails N pres m (fun l => P (x :: l)))
                  | None => count (2 * K) (length pres) (fails N pres (S m) P)
                  end) Hi Hr). fold K.
      set (n := length pres) in *.
      pose proof (IH (S m) P) as H1.
      assert (H2 : sum 0 N (fun x => count (2 * K) n (fails N pres m (fun l => P (x :: l))))
                     * K ^ Z.of_nat m
                   <= K * (K ^ Z.of_nat (n + m) * tail n m)
                      + (2 * K) ^ Z.of_nat n * count K (S m) P).
      { rewrite count_S. replace (Z.to_nat K) with N by (unfold K; lia).
        rewrite Z.mul_comm, <- sum_scale, <- (sum_scale 0 N ((2 * K) ^ Z.of_nat n)).
        replace (K * (K ^ Z.of_nat (n + m) * tail n m))
          with (sum 0 N (fun _ => K ^ Z.of_nat (n + m) * tail n m)) by (rewrite sum_const; reflexivity).
        rewrite <- sum_plus. apply sum_le. intros x _. rewrite Z.mul_comm.
        apply (IH m (fun l => P (x :: l))). }
      cbn [tail]. fold tail.
      replace (S n + S m)%nat with (S (S (n + m))) by lia.
      replace (n + S m)%nat with (S (n + m)) in H1 by lia.
      rewrite !Nat2Z.inj_succ, !Z.pow_succ_r in * by lia.
      set (A := count (2 * K) n (fails N pres (S m) P)) in *.
      set (B := sum 0 N _) in *. set (Km := K ^ Z.of_nat m) in *.
      set (Kn := K ^ Z.of_nat (n + m)) in *. set (T := (2 * K) ^ Z.of_nat n) in *.
      set (c := count K (S m) P) in *.
      assert (K * (A * (K * Km)) <= K * (K * Kn * tail n (S m) + T * c))
        by (apply Z.mul_le_mono_nonneg_l; assumption).
      assert (K * (B * Km) <= K * (K * (Kn * tail n m) + T * c))
        by (apply Z.mul_le_mono_nonneg_l; assumption).
      lia.
Qed.

(** ** The draws of a product *)

Section Product.

Variable H : positive.
Notation M := (2 * H)%positive.

(** The l with k l / M nearest to j. *)
Definition nearest (k j : Z) : Z := (2 * Zpos M * j + k) / (2 * k).

(** The draw of l that stands for a draw x of U[-1, 1] on the multiples of 1 / H. *)
Definition draw_of (k x : Z) : Z :=
  2 * (nearest k (item (- Zpos H) x) + Zpos M) - 1 + (x + 1) mod 2.

Definition large (k : Z) : Prop := Zpos H <= k <= Zpos M.

Lemma nearest_spec k j : large k ->
  2 * k * nearest k j <= 2 * Zpos M * j + k < 2 * k * nearest k j + 2 * k.
Proof.
  unfold large. intros Hk. unfold nearest.
  pose proof (Z.mul_div_le (2 * Zpos M * j + k) (2 * k)).
  pose proof (Z.mul_succ_div_gt (2 * Zpos M * j + k) (2 * k)). lia.
Qed.

Lemma halves_of x : 2 * (item (- Zpos H) x + Zpos H) + (x + 1) mod 2 = x + 1.
Proof. rewrite item_eq. pose proof (Z.div_mod (x + 1) 2). lia. Qed.

Lemma item_draw k x : item (- Zpos M) (draw_of k x) = nearest k (item (- Zpos H) x).
Proof.
  rewrite (item_eq (- Zpos M)). unfold draw_of.
  set (l := nearest k _). pose proof (Z.mod_pos_bound (x + 1) 2).
  replace (2 * (l + Zpos M) - 1 + (x + 1) mod 2 + 1)
    with ((l + Zpos M) * 2 + (x + 1) mod 2) by ring.
  rewrite Z.div_add_l, Z.div_small by lia. lia.
Qed.

Lemma draw_fair k : large k -> fair (Z.to_nat (size H)) (draw_of k).
Proof.
  intros Hk. pose proof Hk as Hk'. unfold large in Hk'. rewrite (Pos2Z.inj_mul 2 H) in Hk'.
  unfold fair, injective_below. rewrite Z2Nat.id by (rewrite size_eq; lia). rewrite size_eq. split.
  - intros x y Hx Hy E.
    pose proof (halves_of x) as Ex. pose proof (halves_of y) as Ey. unfold draw_of in E.
    pose proof (Z.mod_pos_bound (x + 1) 2 ltac:(lia)).
    pose proof (Z.mod_pos_bound (y + 1) 2 ltac:(lia)).
    set (i := item _ x) in *. set (j := item _ y) in *.
    pose proof (nearest_spec k i Hk) as Hi. pose proof (nearest_spec k j Hk) as Hj.
    rewrite (Pos2Z.inj_mul 2 H) in *.
    assert (El : nearest k i = nearest k j) by lia.
    rewrite El in Hi. assert (i = j); [|lia].
    destruct (Z.lt_trichotomy i j) as [L|[L|L]]; [exfalso|exact L|exfalso]; nia.
  - intros x Hx. pose proof (halves_of x) as Ex.
    pose proof (Z.mod_pos_bound (x + 1) 2 ltac:(lia)).
    unfold draw_of. set (j := item _ x) in *. pose proof (nearest_spec k j Hk) as Hj.
    rewrite (Pos2Z.inj_mul 2 H) in *. set (l := nearest k j) in *.
    assert (- Zpos H <= j <= Zpos H) by lia.
    assert (j < Zpos H -> l <= 2 * Zpos H - 1) by nia.
    assert (- Zpos H < j -> - (2 * Zpos H) + 1 <= l) by nia.
    assert (l <= 2 * Zpos H) by nia. assert (- (2 * Zpos H) <= l) by nia.
    lia.
Qed.

(** Products of first and second weights, in multiples of 1 / M^2. *)
Fixpoint products (ks ls : list Z) : list Z :=
  match ks, ls with
  | k :: ks', l :: ls' => k * l :: products ks' ls'
  | _, _ => []
  end.

Notation image_of ks rs := (image (Z.to_nat (size H)) (map draw_of ks) rs).

Lemma length_products ks rs :
  length ks = length rs -> length (products ks (items M rs)) = length rs.
Proof.
  revert rs. induction ks as [|k ks IH]; intros [|r rs] Hl; try discriminate; [reflexivity|].
  cbn. f_equal. apply IH. now injection Hl.
Qed.

(** A subset of the standing draws is a subset of the products, up to the rounding. *)
Lemma expand ks rs m mask :
  Forall large ks -> length ks = length rs ->
  length mask = length (items H (firstn m (image_of ks rs))) ->
  exists full, length full = length rs /\
    Z.abs (2 * (kept full (products ks (items M rs))
                - Zpos M * kept mask (items H (firstn m (image_of ks rs)))))
    <= Zpos M * Z.of_nat (length rs).
Proof.
  intros HF. revert rs m mask. induction HF as [|k ks Hk HF IH]; intros [|r rs] m mask Hl Hm;
    try discriminate.
  - exists []. split; [reflexivity|]. cbn [map image]. rewrite firstn_nil in *.
    destruct mask; [cbn; lia|discriminate].
  - injection Hl as Hl. cbn [map image] in *.
    change (items M (r :: rs)) with (item (- Zpos M) r :: items M rs).
    cbn [products length] in *.
    destruct (source (draw_of k) (Z.to_nat (size H)) r) as [x|] eqn:E.
    + apply source_some in E. destruct E as [_ E]. subst r. rewrite item_draw.
      destruct m as [|m].
      * cbn [firstn items map length] in *. destruct mask; [|discriminate].
        destruct (IH rs 0%nat [] Hl eq_refl) as [full [Hf Hb]].
        exists (false :: full). split; [cbn; now f_equal|].
        change (kept (false :: full) (k * nearest k (item (- Zpos H) x)
                  :: products ks (items M rs))) with (0 + kept full (products ks (items M rs))).
        cbn [firstn items map kept] in *. lia.
      * cbn [firstn] in *.
        change (items H (x :: firstn m (image_of ks rs)))
          with (item (- Zpos H) x :: items H (firstn m (image_of ks rs))) in *.
        destruct mask as [|b mask]; [discriminate|]. injection Hm as Hm.
        destruct (IH rs m mask Hl Hm) as [full [Hf Hb]].
        exists (b :: full). split; [cbn; now f_equal|].
        cbn [kept]. pose proof (nearest_spec k (item (- Zpos H) x) Hk) as Hn. unfold large in Hk.
        set (j := item (- Zpos H) x) in *.
        set (s := kept mask _) in *. set (t := kept full _) in *.
        rewrite Nat2Z.inj_succ, Z.mul_succ_r. destruct b; lia.
    + destruct (IH rs m mask Hl Hm) as [full [Hf Hb]].
      exists (false :: full). split; [cbn; now f_equal|]. cbn [kept]. lia.
Qed.

(** If m items of U[-1, 1] suffice, n products do for half of the window and half of the error, up
    to the rounding n / (2 M), but for the samples with fewer than m standing draws. *)
Theorem products_suffice ks n m eps delta delta' :
  Forall large ks -> length ks = n ->
  suffices H m eps delta ->
  (tail n m * QDen delta + Qnum delta * 2 ^ Z.of_nat n) * QDen delta'
  <= Qnum delta' * (QDen delta * 2 ^ Z.of_nat n) ->
  all_but delta' M n (fun rs =>
    reaches (M * M) (eps + (Z.of_nat n # 2 * M)) (-1 # 4) (1 # 4) (products ks (items M rs))).
Proof.
  intros HF Hn [bad [Hb Hg]] Hd.
  set (is_bad := fun l => if in_dec (list_eq_dec Z.eq_dec) l bad then true else false).
  set (N := Z.to_nat (size H)).
  apply all_but_count with (bad := fails N (map draw_of ks) m is_bad).
  - assert (HK : Z.of_nat N = size H) by (unfold N; rewrite Z2Nat.id; [reflexivity|rewrite size_eq; lia]).
    assert (HM : size M = 2 * size H) by (rewrite !size_eq; lia).
    assert (Hfair : Forall (fair N) (map draw_of ks)).
    { apply Forall_map. eapply Forall_impl; [|exact HF]. intros k. apply draw_fair. }
    pose proof (mixture N (map draw_of ks) m is_bad Hfair) as Hmix. cbv zeta in Hmix.
    rewrite map_length, Hn, HK, <- HM in Hmix.
    assert (Hc : count (size H) m is_bad <= Z.of_nat (length bad)).
    { apply inj_le. apply NoDup_incl_length; [apply NoDup_filter, nodup_samples|].
      intros l Hl. apply filter_In in Hl. destruct Hl as [_ Hl]. unfold is_bad in Hl.
      destruct (in_dec _ l bad); [assumption|discriminate]. }
    rewrite Nat2Z.inj_add, Z.pow_add_r in Hmix by lia.
    assert (Hpow : size M ^ Z.of_nat n = 2 ^ Z.of_nat n * size H ^ Z.of_nat n)
      by (rewrite HM; apply Z.pow_mul_l).
    pose proof (power_pos H n) as Hn0. pose proof (power_pos H m) as Hm0.
    set (A := count (size M) n _) in *. set (c := count (size H) m is_bad) in *.
    set (Kn := size H ^ Z.of_nat n) in *. set (Km := size H ^ Z.of_nat m) in *.
    set (W := 2 ^ Z.of_nat n) in *.
    assert (HW : 0 < W) by (apply Z.pow_pos_nonneg; lia).
    rewrite Hpow in *.
    assert (H1 : c * QDen delta <= Qnum delta * Km).
    { transitivity (Z.of_nat (length bad) * QDen delta); [|exact Hb].
      apply Z.mul_le_mono_nonneg_r; [lia|exact Hc]. }
    assert (H2 : A * QDen delta <= Kn * (tail n m * QDen delta + Qnum delta * W)).
    { apply Z.mul_le_mono_pos_l with Km; [exact Hm0|].
      assert (W * Kn * (c * QDen delta) <= W * Kn * (Qnum delta * Km))
        by (apply Z.mul_le_mono_nonneg_l; [nia|exact H1]).
      assert (A * Km * QDen delta <= (Kn * Km * tail n m + W * Kn * c) * QDen delta)
        by (apply Z.mul_le_mono_nonneg_r; [lia|exact Hmix]).
      lia. }
    apply Z.mul_le_mono_pos_l with (QDen delta); [lia|].
    assert (A * QDen delta * QDen delta'
            <= Kn * (tail n m * QDen delta + Qnum delta * W) * QDen delta')
      by (apply Z.mul_le_mono_nonneg_r; [lia|exact H2]).
    assert (Kn * ((tail n m * QDen delta + Qnum delta * W) * QDen delta')
            <= Kn * (Qnum delta' * (QDen delta * W)))
      by (apply Z.mul_le_mono_nonneg_l; [lia|exact Hd]).
    lia.
  - intros rs [Hl _] Hfails z Hlo Hhi.
    unfold fails in Hfails. apply orb_false_iff in Hfails. destruct Hfails as [Hm Hbad].
    apply Nat.ltb_ge in Hm. set (ys := firstn m (image N (map draw_of ks) rs)) in *.
    assert (Hys : sample H m ys).
    { split; [unfold ys; rewrite firstn_length; lia|].
      pose proof (image_range N (map draw_of ks) rs) as Hi.
      rewrite <- (firstn_skipn m) in Hi. apply Forall_app in Hi. destruct Hi as [Hi _].
      fold ys in Hi. eapply Forall_impl; [|exact Hi]. cbv beta. unfold N.
      rewrite Z2Nat.id by (rewrite size_eq; lia). tauto. }
    destruct (Hg ys Hys) as [Hin|Hgood].
    { unfold is_bad in Hbad. destruct (in_dec _ ys bad); [discriminate|contradiction]. }
    destruct (Hgood (2 * z)%Q) as [mask [Hmask Hz]]; [lra|lra|].
    destruct (expand ks rs m mask HF ltac:(congruence) Hmask) as [full [Hfull Hr]].
    exists full. split; [rewrite length_products by congruence; exact Hfull|].
    fold N in Hr. fold ys in Hr.
    set (s := kept mask _) in *. set (t := kept full _) in *. rewrite Hl in Hr.
    assert (E : (Qabs ((t # M * M) - (s # H) * (1 # 2)) <= (Z.of_nat n # 2 * M))%Q).
    { rewrite (Qabs_wd _ (t - Zpos M * s # M * M)).
      - unfold Qabs, Qle. cbn [Qnum Qden]. rewrite !Pos2Z.inj_mul in *. nia.
      - unfold Qeq, Qminus, Qopp, Qplus, Qmult. cbn [Qnum Qden]. rewrite !Pos2Z.inj_mul. ring. }
    apply Qabs_Qle_condition in E, Hz. apply Qabs_Qle_condition. lra.
Qed.

End Product.

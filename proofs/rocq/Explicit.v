(** Consequences: wider windows for sums, and explicit numbers of hidden units for layers. *)

From Coq Require Import ZArith QArith Qabs Lqa List Lia.
From slt Require Import Law LemmaR Layer.
Import ListNotations.
Open Scope Z_scope.

(** ** Wider windows *)

Lemma kept_app m m' ks ks' :
  length m = length ks -> kept (m ++ m') (ks ++ ks') = kept m ks + kept m' ks'.
Proof.
  revert ks. induction m as [|b m IH]; intros [|k ks] Hl; try discriminate; [reflexivity|].
  cbn [app kept]. rewrite IH by (now injection Hl). lia.
Qed.

(** T blocks that each reach y within the error reach T y within T times the error. *)
Lemma blocks_reach M n T error y rs :
  length rs = (T * n)%nat ->
  (forall k, (k < T)%nat -> exists mask, length mask = length (items M (chunk n k rs)) /\
     (Qabs (y - (kept mask (items M (chunk n k rs)) # M)) <= error)%Q) ->
  exists mask, length mask = length (items M rs) /\
    (Qabs (inject_Z (Z.of_nat T) * y - (kept mask (items M rs) # M))
     <= inject_Z (Z.of_nat T) * error)%Q.
Proof.
  revert rs. induction T as [|T IH]; intros rs Hl Hr.
  - exists []. destruct rs; [|discriminate]. split; [reflexivity|]. cbn [kept items map].
    destruct y as [u v], error as [x w]. unfold Qle. cbn. lia.
  - destruct (Hr 0%nat) as [m1 [Hl1 H1]]; [lia|].
    change (chunk n 0 rs) with (firstn n rs) in *.
    destruct (IH (skipn n rs)) as [m2 [Hl2 H2]].
    + rewrite skipn_length. lia.
    + intros k Hk. destruct (Hr (S k)) as [m [Hm1 Hm2]]; [lia|].
      exists m. unfold chunk in *. rewrite skip_twice. now split.
    + exists (m1 ++ m2). rewrite <- (firstn_skipn n rs) at 1 2. unfold items in *.
      rewrite map_app. split; [rewrite !app_length; congruence|].
      rewrite kept_app by exact Hl1.
      set (a := kept m1 _) in *. set (b := kept m2 _) in *.
      assert (Hab : (a + b # M == (a # M) + (b # M))%Q).
      { unfold Qeq, Qplus. cbn [Qnum Qden]. rewrite !Pos2Z.inj_mul. ring. }
      assert (HT : (inject_Z (Z.of_nat (S T)) == inject_Z (Z.of_nat T) + 1)%Q).
      { rewrite Nat2Z.inj_succ. unfold Z.succ. rewrite inject_Z_plus. reflexivity. }
      rewrite Hab, HT. apply Qabs_Qle_condition in H1, H2. apply Qabs_Qle_condition. lra.
Qed.

(** With T times the items, the window [-T/2, T/2]; T = 2 is the window [-1, 1]. *)
Theorem wide M n T eps delta :
  (0 < T)%nat -> suffices M n eps delta ->
  all_but (times T delta) M (T * n) (fun rs =>
    reaches M (inject_Z (Z.of_nat T) * (2 * eps)) (- Z.of_nat T # 2) (Z.of_nat T # 2)
            (items M rs)).
Proof.
  intros HT Hs.
  apply (all_but_weaken _ _ _ (fun rs => forall k, (k < T)%nat ->
           reaches M (2 * eps) (-1 # 2) (1 # 2) (items M (chunk n k rs)))).
  - intros rs [Hl _] Hk z Hlo Hhi.
    set (t := inject_Z (Z.of_nat T)).
    assert (Ht : (0 < t)%Q) by (unfold t, Qlt; cbn; lia).
    assert (Ez : (t * (z / t) == z)%Q) by (field; intros E; rewrite E in Ht; now apply Qlt_irrefl in Ht).
    assert (E1 : (- Z.of_nat T # 2 == t * (-1 # 2))%Q) by (unfold t, Qeq; cbn; lia).
    assert (E2 : (Z.of_nat T # 2 == t * (1 # 2))%Q) by (unfold t, Qeq; cbn; lia).
    rewrite E1, <- Ez in Hlo. rewrite E2, <- Ez in Hhi.
    apply (proj1 (Qmult_le_l _ _ t Ht)) in Hlo. apply (proj1 (Qmult_le_l _ _ t Ht)) in Hhi.
    destruct (blocks_reach M n T (2 * eps) (z / t) rs Hl) as [mask [Hm H]].
    + intros k Hk'. now apply (Hk k Hk' (z / t)%Q).
    + exists mask. split; [exact Hm|]. fold t in H. rewrite Ez in H. exact H.
  - now apply (all_blocks M n T delta
                 (fun rs => reaches M (2 * eps) (-1 # 2) (1 # 2) (items M rs))).
Qed.

(** ** Layers *)

(** With a + b items a sum, the source has 4 d (a + b) hidden units. The two conditions are those
    of Lemma R: the reach e and the open gap g make up the error, and
    (7/8)^a M / (2 (2 e + 1)) + (3/4)^b M / (2 g) is at most [delta], the share of one sum. *)
Theorem explicit_layer (H : positive) (d p a b : nat) (e g : Z) (eps delta : Q) :
  0 <= e -> 0 < g -> e + g <= Zpos H ->
  (e + g) * QDen eps <= 2 * Qnum eps * Zpos (2 * H) ->
  QDen delta * Zpos (2 * H) * (7 ^ Z.of_nat a * 4 ^ Z.of_nat b * g
                               + 8 ^ Z.of_nat a * 3 ^ Z.of_nat b * (2 * e + 1))
  <= Qnum delta * (2 * (2 * e + 1) * g * 8 ^ Z.of_nat a * 4 ^ Z.of_nat b) ->
  all_but (times (4 * (p * d)) delta) (2 * H) (4 * (p * d) * (a + b))
          (contains (2 * H) d p 2 (a + b) plus_minus (4 * eps)).
Proof.
  intros He Hg HH Heps Hdelta. apply dense_layer. now apply (lemma_r H e g a b eps delta).
Qed.

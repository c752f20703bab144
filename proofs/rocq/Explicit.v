(** A dense layer with an explicit number of hidden units, for every size and every failure
    probability: Lemma R in each of its 4 d p sums. *)

From Coq Require Import ZArith QArith Lia.
From slt Require Import Law LemmaR Layer.
Open Scope Z_scope.

(** With a + b items a sum, the source has 4 d (a + b) hidden units. The two conditions are those
    of Lemma R: the reach e and the open gap g make up the error, and
    (7/8)^a M / (2 (2 e + 1)) + (3/4)^b M / (2 g) is at most [delta], the share of one sum. *)
Theorem explicit_layer (H : positive) (d p a b : nat) (e g : Z) (eps delta : Q) :
  0 <= Qnum eps -> 0 <= e -> 0 < g -> e + g <= Zpos H ->
  (e + g) * QDen eps <= 2 * Qnum eps * Zpos (2 * H) ->
  QDen delta * Zpos (2 * H) * (7 ^ Z.of_nat a * 4 ^ Z.of_nat b * g
                               + 8 ^ Z.of_nat a * 3 ^ Z.of_nat b * (2 * e + 1))
  <= Qnum delta * (2 * (2 * e + 1) * g * 8 ^ Z.of_nat a * 4 ^ Z.of_nat b) ->
  all_but (times (4 * (p * d)) delta) (2 * H) (4 * (p * d) * (a + b))
          (contains (2 * H) d p (a + b) (4 * eps)).
Proof.
  intros Hq He Hg HH Heps Hdelta. apply dense_layer.
  - unfold Qle. cbn. lia.
  - now apply (lemma_r H e g a b eps delta).
Qed.

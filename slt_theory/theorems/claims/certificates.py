"""Systems with guarantees: coresets of points, bounds on what a group loses, exact searches."""

from __future__ import annotations

from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check
from slt_theory.theorems.entry import Claim, KnownIssue, Paper, Source

FAMILY = "with certificates"
RIG = "MLP 64-100-50-10 on 8x8 digits, 600 Adam steps, 24 replicates of split, weights and order"
HEAVY = "400 integer points in the plane with Cauchy coordinates"
LINEAR = "linear forms, and phi(|t|) that grows at most in proportion; no activation of its own"

CORESET = Paper(
    key="tukan2022",
    authors="Murad Tukan, Loay Mualem, Alaa Maalouf",
    title="Pruning neural networks via coresets and convex geometry: towards no assumptions",
    venue="NeurIPS",
    year=2022,
    arxiv="2209.08554",
)
IMPACT = Paper(
    key="tran2022",
    authors="Cuong Tran, Ferdinando Fioretto, Jung-Eun Kim, Rakshit Naidu",
    title="Pruning has a disparate impact on model accuracy",
    venue="NeurIPS",
    year=2022,
    arxiv="2205.13574",
)
KWON = Paper(
    key="kwon2022",
    authors="Woosuk Kwon, Sehoon Kim, Michael W. Mahoney, Joseph Hassoun, Kurt Keutzer, "
    "Amir Gholami",
    title="A fast post-training pruning framework for transformers",
    venue="NeurIPS",
    year=2022,
    arxiv="2204.09656",
)

READ = "arXiv 2205.13574, a submission version; the final numbering may differ"
GROUPS = "image classifiers, groups by class or protected attribute; pruned by magnitude"

CORESETS = (
    Claim(
        id="tukan2022-dominating",
        title="A few points of a cloud dominate every linear form",
        family=FAMILY,
        source=Source(
            CORESET, "the l-infinity coreset; constants re-derived", "arXiv 2209.08554", "derived"
        ),
        statement="The points C around the axis ends of the Loewner ellipsoid shrunk by r are at "
        "most 2 r (r + 1), and max_P |p.x| <= (1 + r^1.5) max_C |q.x| for every x.",
        paper_scope="neurons and filters of trained networks; without assumptions on data",
        test_scope="600 integer points, r = 2, 3, 4, 6, normal, Cauchy and far from 0, with and "
        "without a bias; the worst ratio exactly, by linear programs certified in rationals",
        exact=True,
        not_claimed=(
            "compression of wide layers: with fewer than 2 r (r + 1) points all are taken",
            "that the constant is sharp: the worst ratio found is below 2",
        ),
        checks=(
            Check("worst ratio", "at most 1 + r^1.5 over all x", "coresets:dominates"),
            Check(
                "reasons",
                "the ellipsoid holds all points, and every end is a convex combination",
                "coresets:encloses",
            ),
            Check(
                "mutant: neighbours",
                "the nearest points instead of Caratheodory's",
                "coresets:neighbours",
                role="mutant",
            ),
            Check(
                "mutant: not rescaled",
                "the ellipsoid as Khachiyan's stopping rule leaves it",
                "coresets:not_rescaled",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="tukan2022-sensitivity",
        title="Peeling bounds every point's share of a sum",
        family=FAMILY,
        source=Source(CORESET, "sensitivity bounds", "arXiv 2209.08554", "derived"),
        statement="A point that survives to round i of taking dominating sets has "
        "|p.x| <= (2 r^1.5 / i) sum_q |q.x| for every x.",
        paper_scope=LINEAR,
        test_scope="clouds of 400 points in the plane and 60 in space, three laws: all directions "
        "where a supremum can lie, in integers",
        exact=True,
        uses=("tukan2022-dominating",),
        checks=(
            Check("all directions", "at most 2 r^1.5 / round", "coreset_sampling:bounded"),
            Check(
                "mutant: backwards",
                "the last round is called the first",
                "coreset_sampling:counted_backwards",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="tukan2022-coverage",
        title="A sample by sensitivities estimates a sum",
        family=FAMILY,
        source=Source(CORESET, "importance sampling", "arXiv 2209.08554", "derived"),
        statement="For a fixed x, m >= 2 t (1 + eps/3) ln(2/delta) / eps^2 independent draws, t "
        "the sum of the sensitivities, give the sum within a factor 1 +- eps with probability "
        "1 - delta.",
        paper_scope="all x at once, with a constant that is not recovered here",
        test_scope=f"{HEAVY}, the x on which one weighs most; eps 1/2, delta 1/10, 1000 samples",
        uses=("tukan2022-sensitivity",),
        not_claimed=("fewer draws than points: bounds by peeling ask for 3,000 of 400",),
        checks=(
            Check("bounds by peeling", "covered nine times in ten", "coreset_sampling:covered"),
            Check(
                "exact sensitivities",
                "the same, with a fiftieth of the draws",
                "coreset_sampling:covered_exactly",
            ),
            Check(
                "control",
                "one sample closer than another, half the time",
                "coreset_sampling:coverage_control",
                role="control",
            ),
            Check(
                "mutant: uniform",
                "as many draws, all rows alike",
                "coreset_sampling:covered_uniformly",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="tukan2022-sampling",
        title="Sampling by sensitivities beats uniform sampling on heavy-tailed rows",
        family=FAMILY,
        source=Source(CORESET, "comparison with uniform sampling", "arXiv", "recalled-mid"),
        statement="At equal size, the worst relative error over all x is smaller.",
        paper_scope="accuracy of pruned networks, against uniform and other coresets",
        test_scope=f"{HEAVY}, 200 draws, 0.9 quantile of 20 repeats, 24 clouds",
        checks=(
            Check("worst error", "smaller than uniform", "coreset_sampling:beats_uniform"),
            Check("control", "uniform against uniform", "coreset_sampling:control", role="control"),
            Check(
                "mutant: no weights",
                "drawn by sensitivities, averaged as if uniform",
                "coreset_sampling:unweighted",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="tukan2022-rectified",
        title="For ReLU without assumptions no point can be left out",
        family=FAMILY,
        source=Source(CORESET, "why an assumption is needed; our example", "arXiv", "derived"),
        statement="There are n points in space and n inputs such that ReLU(p_i . x_j) > 0 for "
        "i = j only: a weighted subset without p_j is 0 where the sum is positive.",
        paper_scope="the paper makes a mild assumption on the weights, which was not recovered",
        test_scope="64 rational points on a circle, lifted",
        exact=True,
        checks=(
            Check("one active", "each input activates its own point", "coresets:no_relu_coreset"),
            Check(
                "mutant: wider",
                "inputs that reach their neighbours",
                "coresets:too_wide",
                role="mutant",
            ),
        ),
    ),
)

DISPARATE = (
    Claim(
        id="tran2022-excess",
        title="What a group loses is bounded by its gradient and its curvature",
        family=FAMILY,
        source=Source(IMPACT, "Theorem 1", READ, "read"),
        statement="R(a) <= |g_a| |D| + (1/2) lambda |D|^2 for the change D of the weights: with "
        "lambda the largest eigenvalue of the group's Hessian for squared error, and of "
        "X_a'X_a / (4 n_a) for logistic loss; in general up to O(|D|^3).",
        paper_scope=f"{GROUPS}; the remainder is not bounded there",
        test_scope="linear regression on diabetes, groups by sex, 4,000 changes; logistic "
        "regression on breast cancer, groups by class and size, nested pruning, 5,040 checks; "
        "tanh networks 5-3-1",
        exact=True,
        not_claimed=(
            "the bound without remainder: it fails where training data are nearly separable (ridge "
            "1e-4, chosen so that the mutant is caught; with 1e-2 in 2, 0 and 0 of 5,040 checks)",
        ),
        checks=(
            Check("squared error", "the bound without remainder", "disparate:quadratic"),
            Check("logistic", "the bound with certified curvature", "disparate:certified"),
            Check(
                "remainder",
                "what two terms leave is of third order",
                "disparate_curvature:cubic_remainder",
            ),
            Check(
                "mutant: pooled",
                "gradient and curvature of all data",
                "disparate:pooled",
                role="mutant",
            ),
            Check(
                "mutant: no remainder",
                "logistic curvature at the dense weights",
                "disparate:without_remainder",
                role="mutant",
            ),
            Check(
                "mutant: other curvature",
                "another group's Hessian leaves second order",
                "disparate_curvature:wrong_curvature",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="tran2022-group-sizes",
        title="Of two groups, the larger has the smaller gradient",
        family=FAMILY,
        source=Source(IMPACT, "Proposition 1", READ, "read"),
        statement="Where the gradient of the whole loss is 0, n_a |g_a| = n_b |g_b| for two "
        "groups; for more, n_a |g_a| is at most the sum of the others' n_b |g_b|.",
        paper_scope=f"{GROUPS}; |D_a| >= |D_b| implies |g_a| <= |g_b|, any number of groups",
        test_scope="exact least squares on diabetes, 600 random splits, in integers",
        exact=True,
        known_issues=(
            KnownIssue(
                "With three groups the statement as printed is false: a constant fitted to "
                "1, 1, 1 | 0, 0 | -3 is 0, and the groups' gradients are -1, 0 and 3. Read in a "
                "submission version. For two groups it is an identity.",
                shown_by="three groups",
                refutes=True,
            ),
        ),
        checks=(
            Check("two groups", "equal products, opposite order", "disparate_groups:two_groups"),
            Check("corrected", "the balance of three groups", "disparate_groups:three_balanced"),
            Check(
                "three groups",
                "the larger group has the smaller gradient",
                "disparate_groups:three_groups",
                issue=True,
            ),
            Check(
                "mutant: decay",
                "two groups at the minimum with weight decay",
                "disparate_groups:decayed",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="tran2022-curvature",
        title="A group's curvature is bounded by its closeness to the decision boundary",
        family=FAMILY,
        source=Source(IMPACT, "Theorem 2", READ, "read"),
        statement="For binary cross-entropy and the logit z, f = 1/(1 + e^-z): the largest "
        "eigenvalue of the group's Hessian is at most the mean of f (1 - f) |grad z|^2 + "
        "|f - y| ||Hess z||, the spectral norm.",
        paper_scope=f"{GROUPS}; stated with the soft output f in the place of z",
        test_scope="one weight, 210 rational cases; tanh networks 5-3-1 with random weights of "
        "three scales, 72 groups, in balls",
        exact=True,
        known_issues=(
            KnownIssue(
                "With the soft output under the derivatives, as in the notation of the submission "
                "version read, the bound is false: for z = w at w = 0, one example with x = y = 1, "
                "the Hessian is 1/4 and the bound 1/64.",
                shown_by="soft output",
                refutes=True,
            ),
        ),
        checks=(
            Check("logit", "the corrected statement", "disparate_curvature:logit_form"),
            Check(
                "soft output",
                "the statement as printed, even with a norm in its second term",
                "disparate_curvature:soft_form",
                issue=True,
            ),
            Check(
                "mutant: signed",
                "the largest eigenvalue instead of the norm",
                "disparate_curvature:signed_form",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="tran2022-gradients",
        title="Classes of larger gradient lose more by pruning",
        family=FAMILY,
        source=Source(IMPACT, "experiments on gradient norms", READ, "read"),
        statement="Over the classes, the norm of a class's gradient and its excess loss after "
        "magnitude pruning go together.",
        paper_scope="ResNet-18 on UTKFace and other images, ten repetitions",
        test_scope=f"{RIG}; one class with ten examples; not trained after pruning; classes are "
        "the groups, so difficulty and group are one",
        not_claimed=(
            "a strong effect: 20 to 24 of 24 replicates at seeds 0 to 8. A first version, in which "
            "examples left out were replaced by repetitions, had 18, 21 and 20 at seeds 0 to 2",
            "anything at density 3/20: 14, 16 and 20 of 24 replicates, which is not stable",
        ),
        checks=(
            Check("density 2/5", "rank correlation above 0", "disparate_digits:gradients_predict"),
            Check("control", "other weights and order", "disparate_digits:control", role="control"),
            Check(
                "mutant: next class",
                "each class with the gradient of the one before",
                "disparate_digits:next_class",
                role="mutant",
                recorded=Verdict.INCONCLUSIVE,
            ),
        ),
    ),
    Claim(
        id="tran2022-rare-class",
        title="A rare class loses more accuracy by pruning",
        family=FAMILY,
        source=Source(IMPACT, "experiments on group sizes", READ, "read"),
        statement="The accuracy of a class with few examples falls further than the others'.",
        paper_scope="UTKFace, groups of 7 to 42 per cent of the data",
        test_scope=f"{RIG}; one class with ten examples, density 2/5, test accuracy",
        not_claimed=("a difference either way: not visible here",),
        checks=(
            Check(
                "rare class",
                "falls further than the mean of the others",
                "disparate_digits:rare_loses_more",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "control",
                "the rare class's fall, other weights and order",
                "disparate_digits:rare_control",
                role="control",
            ),
            Check(
                "sees a rare class",
                "its output loses its weights first",
                "disparate_digits:planted_loss",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
        ),
    ),
)

POST_TRAINING = (
    Claim(
        id="kwon2022-search",
        title="The mask search is optimal within its budget",
        family=FAMILY,
        source=Source(KWON, "mask search", "released code", "code"),
        statement="For every number of heads the budget is filled with the most important filters; "
        "the best of these keeps the most importance that the budget allows.",
        paper_scope="heads and filters of BERT, importance by the diagonal of the Fisher matrix",
        test_scope="200 integer cases of five heads and seven filters against all subsets",
        exact=True,
        checks=(
            Check("all subsets", "none keeps more", "kwon:search_is_optimal"),
            Check(
                "mutant: greedy",
                "by importance for cost, as long as they fit",
                "kwon:greedy_search",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="kwon2022-rearrangement",
        title="Rearrangement never lengthens the pruned gradient",
        family=FAMILY,
        source=Source(KWON, "mask rearrangement", "released code", "code"),
        statement="With the number of units kept, each swap leaves sum over batches of "
        "(sum of pruned g)^2 as it is or lowers it.",
        paper_scope="heads or filters of one layer of BERT, block of the Fisher matrix",
        test_scope="200 integer cases of twelve units and eight batches",
        exact=True,
        checks=(
            Check("objective", "does not grow, counts stay", "kwon:rearrangement_falls"),
            Check(
                "mutant: forced",
                "the unit taken out may not come back",
                "kwon:forced_swaps",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="kwon2022-calibration",
        title="Tuning never hurts on the calibration data",
        family=FAMILY,
        source=Source(KWON, "mask tuning, without damping", "released code", "code"),
        statement="Scales of the kept units by least squares leave a layer's squared error on the "
        "calibration data no larger than scales 1.",
        paper_scope="layers of BERT, 2,048 examples; damped in the norm of the normal equations",
        test_scope="200 integer layers of sixteen non-negative units, half of them kept; the error "
        "at the scales found, in rationals",
        exact=True,
        checks=(
            Check("squared error", "no larger than untuned", "kwon:tuning_never_worse"),
            Check(
                "mutant: alone",
                "each scale fitted as if it were the only one",
                "kwon:each_alone",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="kwon2022-tuning",
        title="Tuning the masks gains accuracy without training",
        family=FAMILY,
        source=Source(KWON, "mask tuning", "arXiv 2204.09656, abstract and code", "code"),
        statement="After pruning by Fisher information and rearrangement, least-squares scales of "
        "the kept units raise test accuracy.",
        paper_scope="BERT and DistilBERT on GLUE and SQuAD, less than one per cent lost at half "
        "the operations",
        test_scope=f"{RIG}; neurons of the first layer at density 1/4, gradients on held-out "
        "images, scales on training images; at least two points",
        not_claimed=("a gain at other densities: none is seen at 1/10 and 1/20",),
        checks=(
            Check("accuracy", "two points above untuned", "kwon_digits:tuning_gains"),
            Check("control", "other weights and order", "kwon_digits:control", role="control"),
            Check(
                "mutant: own teacher",
                "fitted to the pruned layer's own output",
                "kwon_digits:own_teacher",
                role="mutant",
                recorded=Verdict.INCONCLUSIVE,
            ),
        ),
    ),
)

ENTRIES = (*CORESETS, *DISPARATE, *POST_TRAINING)

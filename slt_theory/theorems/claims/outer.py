"""Loops around the search for a ticket: what is claimed of teachers, pools, sizes and data."""

from __future__ import annotations

from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check
from slt_theory.theorems.entry import Claim, Paper, Source

FAMILY = "around the search"
REPLICATES = "24 replicates of split, weights and order"
NETWORKS = "MLP 64-100-50-10 on 8x8 digits, 600 Adam steps"
RIG = f"{NETWORKS}, {REPLICATES}"
TWO_CUTS = f"{RIG}; two cuts to density 0.058"
NO_SEARCH = "an effect of other settings: none was tried"

TEACHER = Paper(
    key="ma2021",
    authors="Haoyu Ma, Tianlong Chen, Ting-Kuei Hu, Chenyu You, Xiaohui Xie, Zhangyang Wang",
    title="Good students play big lottery better",
    venue="arXiv",
    year=2021,
    arxiv="2101.03255",
)
POOLS = Paper(
    key="yin2023",
    authors="Lu Yin, Shiwei Liu, Meng Fang, Tianjin Huang, Vlado Menkovski, Mykola Pechenizkiy",
    title="Lottery pools: winning more by interpolating tickets without increasing training or "
    "inference cost",
    venue="AAAI",
    year=2023,
    arxiv="2208.10842",
)
SIZES = Paper(
    key="sahu2022",
    authors="Surya Kant Sahu, Sai Mitheran, Somya Suhans Mahapatra",
    title="Not all lotteries are made equal",
    venue="arXiv",
    year=2022,
    arxiv="2206.08175",
)
LESS = Paper(
    key="zhang2021",
    authors="Zhenyu Zhang, Xuxi Chen, Tianlong Chen, Zhangyang Wang",
    title="Efficient lottery ticket finding: less data is more",
    venue="ICML",
    year=2021,
    arxiv="2106.03225",
)
DIET = Paper(
    key="paul2022",
    authors="Mansheej Paul, Brett W. Larsen, Surya Ganguli, Jonathan Frankle, "
    "Gintare Karolina Dziugaite",
    title="Lottery tickets on a data diet: finding initializations with sparse trainable networks",
    venue="NeurIPS",
    year=2022,
    arxiv="2206.01278",
)
RANDOM = Paper(
    key="farahani2024",
    authors="Rezsa Farahani",
    title="Random search as a baseline for sparse neural network architecture search",
    venue="arXiv",
    year=2024,
    arxiv="2403.08265",
)

ENTRIES = (
    Claim(
        id="ma2021-reduction",
        title="A mean over batch and classes is a divergence divided by the classes",
        family=FAMILY,
        source=Source(TEACHER, "released code, its loss", "VITA-Group/KD-ticket", "code"),
        statement="The divergence of the loss is a sum over the C classes, averaged over the "
        "batch; averaged over both, as the released code does, it is exactly 1/C of that.",
        paper_scope="ten classes or a hundred, nine tenths of the loss from the teacher",
        test_scope="batches of 1, 7 and 60, 2 to 32 classes, integer terms, float64 bit for bit",
        exact=True,
        checks=(
            Check("factor", "the two means differ by exactly C", "kd:reduction"),
            Check("mutant: one mean", "the two means are one", "kd:same_mean", role="mutant"),
        ),
    ),
    Claim(
        id="ma2021-ticket",
        title="A ticket learns better with a teacher",
        family=FAMILY,
        source=Source(TEACHER, "KD ticket against rewinding", "arXiv", "recalled-high"),
        statement="A one-shot ticket, reset to its initial weights and trained with the dense "
        "network's soft answers, is better than without, and on par with rewinding or better.",
        paper_scope="ResNets on CIFAR-10 and CIFAR-100, 182 epochs, temperature 5, a share of 0.9",
        test_scope=f"{RIG}; one cut to density 0.058",
        not_claimed=(
            NO_SEARCH,
            "that a teacher never helps here: it does where it knows more than the labels",
        ),
        checks=(
            Check(
                "temperature 5",
                "better with a teacher: reversed here, about two points worse",
                "kd:warm",
                recorded=Verdict.VIOLATED,
            ),
            Check(
                "temperature 1",
                "the same with answers that are not softened: no difference here",
                "kd:cold",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "rewinding",
                "at most a point worse than rewinding to step 108: reversed here",
                "kd:against_rewinding",
                recorded=Verdict.VIOLATED,
            ),
            Check("control", "no teacher, two orders", "kd:control", role="control"),
            Check(
                "sees a teacher at 5",
                "four labels in five random, and a teacher who saw the true ones",
                "kd:warm_knows_better",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
            Check(
                "sees a teacher at 1",
                "the same at temperature 1",
                "kd:cold_knows_better",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
            Check(
                "sees one beside rewinding",
                "the same against rewinding without a teacher",
                "kd:noisy_rewinding",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="yin2023-invariants",
        title="A pool keeps its ticket's density and loses no validation accuracy",
        family=FAMILY,
        source=Source(POOLS, "the algorithm", "AAAI 2023", "read"),
        statement="Whatever is blended in, the result has exactly the ticket's counts, and its "
        "validation accuracy never falls from one candidate to the next.",
        paper_scope="every pool; the released code compares candidates with the ticket's accuracy "
        "on test images instead, and there nothing of this is sure",
        test_scope="pools of all five tickets, MLP 64-100-50-10 on 8x8 digits, 60 steps",
        exact=True,
        checks=(
            Check("invariants", "counts, and validation images right", "pools:invariants"),
            Check(
                "mutant: not pruned again",
                "blends stay as dense as they come",
                "pools:unpruned",
                role="mutant",
            ),
            Check(
                "mutant: chosen on test",
                "test images decide what stays in",
                "pools:chosen_on_test",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="yin2023-gain",
        title="Blends of adjacent tickets are better than the ticket",
        family=FAMILY,
        source=Source(POOLS, "averages of adjacent tickets, greedy pools", "AAAI 2023", "read"),
        statement="Where adjacent rewound tickets are linearly connected, their average, pruned "
        "to the density of one, is better than it; a greedy pool gains more.",
        paper_scope="VGG-16 and ResNet-18 on CIFAR, ResNets on ImageNet; 19 rounds, batch norm",
        test_scope=f"{RIG}; rounds of 20 % from density 0.34 to 0.145, rewound to step 30, with "
        "batches of their own; NOT_APPLICABLE where the error halfway is above the mean of the "
        "ends",
        not_claimed=(
            NO_SEARCH,
            "that no barrier lies elsewhere on the line: halfway only its presence is shown",
        ),
        checks=(
            Check(
                "average",
                "better than the ticket: reversed here, by what pruning removes again",
                "pools:average",
                recorded=Verdict.VIOLATED,
            ),
            Check(
                "pool",
                "the greedy pool is better than the ticket: no difference here",
                "pools:greedy",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check("control", "the ticket in another order", "pools:control", role="control"),
            Check(
                "mutant: unrelated weights",
                "each ticket from weights of its own: a barrier, nothing is claimed",
                "pools:unrelated",
                role="mutant",
                recorded=Verdict.NOT_APPLICABLE,
            ),
            Check(
                "sees an average",
                "tickets of one basin that have not settled",
                "pools:average_of_siblings",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
            Check(
                "sees a pool",
                "the pool of the same",
                "pools:pool_of_siblings",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="sahu2022-size",
        title="Small networks gain more from a search for tickets",
        family=FAMILY,
        source=Source(SIZES, "abstract", "arXiv", "read"),
        statement="With a fixed budget of rounds, the best network of a ticket search improves on "
        "the dense one by more in small models than in large ones.",
        paper_scope="models of several sizes on image data; sizes and rounds not recovered",
        test_scope="MLP 64-w-w/2-10 at w = 12 and w = 100 on 8x8 digits, 600 Adam steps, six "
        f"rounds of 30 %, chosen by 300 validation images, {REPLICATES}",
        not_claimed=(NO_SEARCH,),
        checks=(
            Check(
                "gain",
                "larger at width 12 than at width 100",
                "model_size:small_gains_more",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "gain of the error",
                "the same as a share of the dense network's errors",
                "model_size:small_loses_more_errors",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check("control", "width 12, other weights", "model_size:control", role="control"),
            Check(
                "mutant: never reset",
                "in small networks rounds add their steps, which is what these lack",
                "model_size:never_reset",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
            Check(
                "mutant: never reset, errors",
                "the same as a share of the errors",
                "model_size:never_reset_errors",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="zhang2021-set",
        title="The critical set is what training forgets or pruning flips",
        family=FAMILY,
        source=Source(
            LESS, "definition of the PrAC set, the steps it is given", "ICML 2021", "read"
        ),
        statement="An example is critical if it was forgotten at least once, never learned, or is "
        "classified otherwise after pruning; training on the set P takes |P| / |D| N0 steps.",
        paper_scope="every network and data set",
        test_scope="six networks of 200 steps, every training digit, from the plain history of "
        "its predictions; all |P| <= |D| <= 120",
        exact=True,
        checks=(
            Check("definition", "membership of every example", "prac:definition"),
            Check("steps", "the nearest integer to |P| / |D| N0", "prac:steps"),
            Check(
                "mutant: never learned left out",
                "what was never right was never forgotten",
                "prac:never_learned_left_out",
                role="mutant",
            ),
            Check(
                "mutant: learning counted",
                "events from wrong to right",
                "prac:learning_counted",
                role="mutant",
            ),
            Check(
                "mutant: floating point",
                "steps in floating point, cut to an integer",
                "prac:floating_steps",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="zhang2021-tickets",
        title="Tickets found with critical examples match those found with all",
        family=FAMILY,
        source=Source(LESS, "experiments on subsets", "ICML 2021", "read"),
        statement="Tickets found with the critical set are as good as those found with all data, "
        "and better than those found with as many random examples.",
        paper_scope="ResNets and VGG on CIFAR and Tiny ImageNet, sets of 35 to 78 % of the data",
        test_scope=f"{TWO_CUTS}; found with 500 of 1,000 examples at equal steps, trained with "
        "all, at most half a point worse",
        not_claimed=(NO_SEARCH, "saved steps: here every search takes all of them"),
        checks=(
            Check(
                "matches all data",
                "at most half a point worse than found with all data",
                "prac:matches_all",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "better than random",
                "better than found with a random half",
                "prac:beats_random",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check("control", "a random half, two orders", "prac:control", role="control"),
            Check(
                "sees worse tickets",
                "at most half a point worse than the same counts dealt out at random",
                "prac:matches_dealt",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
            Check(
                "mutant: half of the classes",
                "the set is the first half of the examples sorted by label",
                "prac:half_the_classes",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="paul2022-score",
        title="EL2N lies between 0 and the root of 2",
        family=FAMILY,
        source=Source(DIET, "the score, of Paul, Ganguli and Dziugaite (2021)", "arXiv", "derived"),
        statement="The distance of a vector of probabilities to a label's is at most sqrt(2), "
        "whatever the order of classes, and a score belongs to its example.",
        paper_scope="every network",
        test_scope="squares in rationals: small and random integer vectors, and the answers of "
        "trained networks; scores in float64, bit for bit",
        exact=True,
        checks=(
            Check("range", "0 <= EL2N^2 <= 2 in rationals", "diet:bounds"),
            Check("examples", "scores follow their examples", "diet:examples_commute"),
            Check(
                "mutant: no softmax",
                "the distance of the outputs themselves",
                "diet:without_softmax",
                role="mutant",
            ),
            Check(
                "mutant: first class",
                "the distance to the first class",
                "diet:label_forgotten",
                role="mutant",
            ),
            Check("mutant: sorted", "scores come back sorted", "diet:sorted_scores", role="mutant"),
        ),
    ),
    Claim(
        id="paul2022-start",
        title="A few examples suffice for the steps before the point to rewind to",
        family=FAMILY,
        source=Source(DIET, "abstract", "NeurIPS 2022", "read"),
        statement="Pre-trained on a small random part of the data, a network rewinds to as good a "
        "point as after equal steps on all; easy examples get there sooner.",
        paper_scope="ResNets on CIFAR-10, CIFAR-100 and CINIC-10, where rewinding matters",
        test_scope=f"{TWO_CUTS}; rewound to step 40 on 100 of 1,000 examples, scored by ten "
        "networks, within two points",
        not_claimed=(
            NO_SEARCH,
            "that the point matters here: rewinding itself gains next to nothing at this size",
        ),
        checks=(
            Check("few examples", "within two points of a start on all data", "diet:few_suffice"),
            Check(
                "easy examples",
                "better after a start on the easiest than on random ones",
                "diet:easy_is_faster",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check("control", "one point, two orders", "diet:control", role="control"),
            Check(
                "mutant: never all data",
                "the other examples never come back",
                "diet:few_for_ever",
                role="mutant",
            ),
            Check(
                "sees a spoilt start",
                "the random examples' steps are a hundred times too long",
                "diet:burnt",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="farahani2024-minimum",
        title="The best of k is the least of k",
        family=FAMILY,
        source=Source(RANDOM, "the algorithm", "arXiv", "derived"),
        statement="The chosen network has the least untrained loss of the k drawn, which is its "
        "own loss; a trained network planted among them is chosen.",
        paper_scope="every search",
        test_scope="100 candidates, 30 of 100 and 15 of 50 units, MLP 64-100-50-10 on 8x8 digits",
        exact=True,
        checks=(
            Check("minimum", "chosen, its own, and planted", "random_search:minimum"),
            Check(
                "mutant: largest",
                "the network of largest loss",
                "random_search:largest_taken",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="farahani2024-equivalence",
        title="The best of many untrained networks is no better than any",
        family=FAMILY,
        source=Source(RANDOM, "abstract", "arXiv", "read"),
        statement="Sparse networks that random search finds before training neither end better "
        "nor converge faster than random ones of the same density.",
        paper_scope="overparameterised image classifiers at several densities of units",
        test_scope=f"{NETWORKS}, best of 100 by training loss, three units in ten, within two "
        "points, 40 replicates of split, weights and order",
        not_claimed=("equal speed: after 60 steps networks differ too much to tell two points",),
        checks=(
            Check("accuracy", "within two points after training", "random_search:no_better"),
            Check(
                "speed",
                "within two points after a tenth of the steps",
                "random_search:no_faster",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check("control", "random against random", "random_search:control", role="control"),
            Check(
                "mutant: density not held",
                "the search keeps one unit in ten",
                "random_search:fewer_units",
                role="mutant",
            ),
            Check(
                "sees a trained network",
                "one of the hundred is trained already",
                "random_search:planted",
                role="mutant",
            ),
        ),
    ),
)

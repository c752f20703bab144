"""Networks that are pruned, or change signs, and are never trained: what is claimed of them."""

from __future__ import annotations

from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check
from slt_theory.theorems.entry import Claim, Paper, Source

FAMILY = "untrained networks"
WIDE = "MLP 64-200-100-10 on 8x8 digits, 24 replicates of split, weights and order; the search "
SEARCH = WIDE + "takes 800 steps and has no biases, the trained network 600 Adam steps and biases"

POPUP = Paper(
    key="ramanujan2020",
    authors="Ramanujan, Wortsman, Kembhavi, Farhadi, Rastegari",
    title="What's hidden in a randomly weighted neural network?",
    venue="CVPR",
    year=2020,
    arxiv="1911.13299",
)
PRIZE = Paper(
    key="diffenderfer2021",
    authors="Diffenderfer, Kailkhura",
    title="Multi-prize lottery ticket hypothesis: finding accurate binary neural networks by "
    "pruning a randomly weighted network",
    venue="ICLR",
    year=2021,
    arxiv="2103.09377",
)
SYNFLOW = Paper(
    key="tanaka2020",
    authors="Tanaka, Kunin, Yamins, Ganguli",
    title="Pruning neural networks without any data by iteratively conserving synaptic flow",
    venue="NeurIPS",
    year=2020,
    arxiv="2006.05467",
)
PEEK = Paper(
    key="chen2022",
    authors="Chen, Zhang, Wang",
    title="Peek-a-Boo: what (more) is disguised in a randomly weighted neural network, and how to "
    "find it efficiently",
    venue="ICLR",
    year=2022,
)

ENTRIES = (
    Claim(
        id="ramanujan2020-hidden-subnetwork",
        title="A wide random network hides a subnetwork as good as a trained one",
        family=FAMILY,
        source=Source(POPUP, "abstract; edge-popup as in the code", "CVPR 2020", "code"),
        statement="A sufficiently wide random network contains, under a mask that edge-popup "
        "finds, a subnetwork about as accurate as a trained network.",
        paper_scope="Wide ResNet-50 against ResNet-34 on ImageNet; Conv2 to Conv8 on CIFAR-10",
        test_scope=SEARCH,
        not_claimed=("anything at other densities than one half: the next entry has 3/10",),
        checks=(
            Check(
                "half",
                "at density 1/2 at most two points worse than training the same architecture",
                "multi_prize:half",
            ),
            Check("control", "training against training", "multi_prize:control", role="control"),
            Check(
                "mutant: keeps the smallest",
                "the half of smallest score is kept",
                "multi_prize:smallest",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="diffenderfer2021-multi-prize",
        title="A random network holds accurate tickets with binary weights",
        family=FAMILY,
        source=Source(PRIZE, "hypothesis and experiments, MPT-1/32", "ICLR 2021", "recalled-high"),
        statement="A sufficiently wide random network contains subnetworks with binary weights, "
        "one scale a layer, that are about as accurate as the trained dense network.",
        paper_scope="Conv2 to Conv8, VGG and ResNets on CIFAR-10, WideResNet-50 on ImageNet",
        test_scope=SEARCH + "; weights of one magnitude a layer, hence binary as drawn",
        not_claimed=("binary activations: they need normalisation, which the networks here lack",),
        uses=("ramanujan2020-hidden-subnetwork",),
        checks=(
            Check(
                "three tenths",
                "at density 3/10 at most two points worse than training the same architecture",
                "multi_prize:three_tenths",
            ),
            Check("control", "training against training", "multi_prize:control", role="control"),
            Check(
                "mutant: no sign",
                "the absolute value stands inside the straight-through estimator",
                "multi_prize:signless",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="diffenderfer2021-biprop",
        title="Biprop finds accurate binary tickets of weights of any law",
        family=FAMILY,
        source=Source(PRIZE, "biprop; backward pass as in the code", "ICLR 2021", "code"),
        statement="Signs of random weights times a scale recomputed from the kept ones, searched "
        "by biprop, are about as accurate as the trained dense network.",
        paper_scope="Conv2 to Conv8, VGG and ResNets on CIFAR-10, WideResNet-50 on ImageNet",
        test_scope=SEARCH + "; normal weights",
        not_claimed=(
            "that the scale matters for accuracy: without biases ReLU networks are homogeneous",
            "a difference of two points: biprop ends about one and a third below training, near "
            "the margin, and 24 replicates do not always decide",
        ),
        checks=(
            Check(
                "half",
                "at density 1/2 at most two points worse than training the same architecture",
                "multi_prize:biprop",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "sees a ticket",
                "the same statistic for edge-popup on signed constants",
                "multi_prize:half",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
            Check("control", "training against training", "multi_prize:control", role="control"),
            Check(
                "mutant: keeps the smallest",
                "the half of smallest score is kept",
                "multi_prize:biprop_smallest",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="diffenderfer2021-binary-ticket",
        title="A binary ticket is signs, a mask and one scale a layer; no weight is trained",
        family=FAMILY,
        source=Source(PRIZE, "definition of the gain term", "ICLR 2021", "code"),
        statement="The weights of the ticket are those drawn; biprop's are alpha sign(w) m with "
        "alpha = |m w|_1 / |m|_1 in each layer.",
        paper_scope="any network",
        test_scope="MLP 64-200-100-10 without biases, density 3/10, weights in multiples of 2^-9",
        exact=True,
        checks=(
            Check(
                "untouched",
                "kept weights have the bits they were drawn with, and their count is exact",
                "multi_prize:untouched",
            ),
            Check("scale", "each layer's scale is its formula's, bit for bit", "multi_prize:scale"),
            Check(
                "mutant: redrawn",
                "weights outside the mask are drawn anew during the search",
                "multi_prize:redrawn",
                role="mutant",
            ),
            Check(
                "mutant: mean of all",
                "the scale is of the whole layer",
                "multi_prize:scale_of_all",
                role="mutant",
            ),
            Check(
                "mutant: no scale",
                "signs without a scale",
                "multi_prize:scale_missing",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="tanaka2020-conservation",
        title="Synaptic flow is conserved, layer by layer and unit by unit",
        family=FAMILY,
        source=Source(SYNFLOW, "conservation laws", "NeurIPS 2020", "recalled-high"),
        statement="The SynFlow scores w dR/dw of every layer add up to the same total, and what "
        "comes into a hidden unit leaves it.",
        paper_scope="feedforward networks of homogeneous layers",
        test_scope="MLPs 64-100-50-10 and nine layers of eight units, weights in -3 .. 3: all "
        "scores are integers below 2^53",
        exact=True,
        checks=(
            Check("conserved", "integer flows are equal", "peekaboo:conserved"),
            Check(
                "mutant: float32",
                "scores in single precision, wrong at depth",
                "peekaboo:single_precision",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="tanaka2020-no-collapse",
        title="Iterated synaptic flow never empties a layer",
        family=FAMILY,
        source=Source(SYNFLOW, "maximal critical compression", "NeurIPS 2020", "recalled-high"),
        statement="Pruned by SynFlow in small enough steps, a network keeps weights in every layer "
        "as long as it keeps one for each layer.",
        paper_scope="any feedforward network; steps of less than the cut size",
        test_scope="MLP 64-100-50-10 of normal weights, a hundred rounds to density 1/10, 1/100 "
        "and three weights, 24 networks",
        not_claimed=("that a hundred rounds are few enough for every network",),
        exact=True,
        checks=(
            Check("no layer is empty", "down to one weight a layer", "peekaboo:never_empty"),
            Check(
                "mutant: at once",
                "all is pruned in one round",
                "peekaboo:at_once",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="chen2022-unmasking",
        title="Flipping signs makes an accurate network of a random one pruned without data",
        family=FAMILY,
        source=Source(PEEK, "PaB: SynFlow, then Bop, as in the code", "ICLR 2022", "code"),
        statement="After pruning by SynFlow at initialisation, sign flips alone, magnitudes as "
        "drawn, find an accurate subnetwork.",
        paper_scope="ResNets and VGG with normalisation on CIFAR-10 and CIFAR-100, 180 epochs",
        test_scope=WIDE + "for signs takes 800 steps; density 3/10, no normalisation, adaptivity "
        "1e-2 and threshold 1e-3, the best of nine settings tried before",
        checks=(
            Check("only signs change", "every |weight| has its bits", "peekaboo:only_signs"),
            Check(
                "unmasked",
                "at least ten points above the pruned network with the signs it was drawn with",
                "peekaboo:unmasked",
            ),
            Check("control", "other random weights", "peekaboo:control", role="control"),
            Check(
                "mutant: trained too",
                "beside the flips, weights take gradient steps",
                "peekaboo:trained_too",
                role="mutant",
            ),
            Check(
                "mutant: reversed",
                "signs flip towards larger loss",
                "peekaboo:reversed_flips",
                role="mutant",
                recorded=Verdict.INCONCLUSIVE,
            ),
        ),
    ),
    Claim(
        id="chen2022-disguised",
        title="Disguised subnetworks beat hidden ones",
        family=FAMILY,
        source=Source(PEEK, "PaB against edge-popup", "ICLR 2022", "recalled-mid"),
        statement="At one density a subnetwork disguised by signs is more accurate than one that "
        "edge-popup finds hidden.",
        paper_scope="ResNets and VGG with normalisation on CIFAR-10 and CIFAR-100, 180 epochs",
        test_scope=WIDE + "for signs or masks takes 800 steps; density 3/10, no normalisation, "
        "adaptivity 1e-2 and threshold 1e-3, the best of nine settings tried before",
        not_claimed=(
            "anything with normalisation or long training: the paper has both, this test neither",
        ),
        checks=(
            Check(
                "against edge-popup",
                "more accurate than edge-popup: reversed here, two to three points below",
                "peekaboo:disguised",
                recorded=Verdict.VIOLATED,
            ),
            Check("control", "other random weights", "peekaboo:control", role="control"),
            Check(
                "mutant: a search without signs",
                "edge-popup's gradient lacks the score's sign, and sign flips are seen to win",
                "peekaboo:over_broken_search",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
        ),
    ),
)

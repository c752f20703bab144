"""Tickets found by training, pruning and rewinding: what is claimed of them."""

from __future__ import annotations

from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check
from slt_theory.theorems.entry import Claim, Paper, Source

FAMILY = "pruning and rewinding"
REPLICATES = "24 replicates of split, weights and order"
RIG = f"MLP 64-100-50-10 on 8x8 digits, 600 Adam steps, {REPLICATES}"
#: 689 of 11,900 weights.
SPARSE = f"{RIG}; seven rounds of 35 % (output layer 17.5 %) to density 0.058"
SEVENTH = f"{RIG}; nine rounds of 20 % (output layer 10 %) to density 0.145"
LENET = "LeNet-300-100 on MNIST and small convolutional networks on CIFAR-10"
LARGE = "ResNets and VGG on CIFAR-10 and ImageNet"
OTHER_DATA = "VGG19 and ResNet50 between CIFAR, Fashion-MNIST, SVHN, ImageNet and Places"
HALVES = (
    "MLP 64-100-50-5, found on digits 0 to 4, trained on 5 to 9, 600 Adam steps each; five rounds "
    f"of global pruning to density 0.039, rewound to step 60, {REPLICATES}"
)

LTH = Paper(
    key="frankle2019",
    authors="Jonathan Frankle, Michael Carbin",
    title="The lottery ticket hypothesis: finding sparse, trainable neural networks",
    venue="ICLR",
    year=2019,
    arxiv="1803.03635",
)
STABLE = Paper(
    key="frankle2019b",
    authors="Jonathan Frankle, Gintare Karolina Dziugaite, Daniel M. Roy, Michael Carbin",
    title="Stabilizing the lottery ticket hypothesis",
    venue="arXiv",
    year=2019,
    arxiv="1903.01611",
)
LINEAR = Paper(
    key="frankle2020",
    authors=STABLE.authors,
    title="Linear mode connectivity and the lottery ticket hypothesis",
    venue="ICML",
    year=2020,
    arxiv="1912.05671",
)
SIGNS = Paper(
    key="zhou2019",
    authors="Hattie Zhou, Janice Lan, Rosanne Liu, Jason Yosinski",
    title="Deconstructing lottery tickets: zeros, signs, and the supermask",
    venue="NeurIPS",
    year=2019,
    arxiv="1905.01067",
)
TRANSFER = Paper(
    key="morcos2019",
    authors="Ari S. Morcos, Haonan Yu, Michela Paganini, Yuandong Tian",
    title="One ticket to win them all: generalizing lottery ticket initializations across "
    "datasets and optimizers",
    venue="NeurIPS",
    year=2019,
    arxiv="1906.02773",
)

CONSISTENT, INCONCLUSIVE, VIOLATED = Verdict.CONSISTENT, Verdict.INCONCLUSIVE, Verdict.VIOLATED


def _control(what: str, run: str) -> Check:
    return Check("control", what, run, role="control")


def _mutant(name: str, what: str, run: str, recorded: Verdict = VIOLATED) -> Check:
    return Check(f"mutant: {name}", what, run, role="mutant", recorded=recorded)


ENTRIES = (
    Claim(
        id="frankle2019-procedure",
        title="Iterative pruning with reset does what it says",
        family=FAMILY,
        source=Source(
            LTH, "strategy of iterative pruning, section 1", "ICLR 2019", "recalled-high"
        ),
        statement="Each round keeps a set share of the weights of each layer kept before, those of "
        "largest trained magnitude, and puts them back to their initial values; arms that are "
        "compared see the same batches.",
        paper_scope="any network; the output layer is pruned at half the rate",
        test_scope="MLP 64-100-50-10 on 8x8 digits, 20 steps, seven rounds of 35 %",
        exact=True,
        checks=(
            Check(
                "procedure",
                "counts, nesting, magnitudes, reset and batches, bit for bit",
                "procedure:procedure",
            ),
            _mutant(
                "largest removed", "the smallest weights are kept", "procedure:largest_removed"
            ),
            _mutant(
                "never reset",
                "each round goes on from the trained weights",
                "procedure:never_reset",
            ),
            _mutant(
                "one too few", "a strict threshold removes one weight more", "procedure:one_too_few"
            ),
            _mutant("other order", "an arm draws batches of its own", "procedure:other_order"),
        ),
    ),
    Claim(
        id="frankle2019-reinitialisation",
        title="A ticket needs its initial weights",
        family=FAMILY,
        source=Source(
            LTH, "sections 2 and 3, random reinitialisation", "ICLR 2019", "recalled-high"
        ),
        statement="With new random weights under the same masks a winning ticket learns more "
        "slowly and ends less accurate.",
        paper_scope=LENET,
        test_scope=SPARSE,
        checks=(
            Check("accuracy", "at least one point over re-initialisation", "imp:beats_fresh"),
            Check(
                "scaled",
                "the same where the new weights have the scale that the density asks for",
                "imp:beats_scaled",
            ),
            Check(
                "shuffled",
                "the same against the ticket's own kept weights in random order in each layer",
                "imp:beats_shuffled",
            ),
            Check(
                "speed",
                "the ticket is first at the best validation count that both reach",
                "imp:learns_sooner",
            ),
            _control("new weights against new weights", "imp:fresh_control"),
            _mutant(
                "shared start",
                "the new weights come from the stream of the first ones",
                "imp:shared_start",
                INCONCLUSIVE,
            ),
        ),
    ),
    Claim(
        id="frankle2019-iterative",
        title="Iterative pruning finds better tickets than one cut",
        family=FAMILY,
        source=Source(LTH, "section 2, one-shot pruning", "ICLR 2019", "recalled-high"),
        statement="Iterative pruning finds winning tickets at smaller sizes than one-shot pruning.",
        paper_scope=LENET,
        test_scope=SPARSE,
        not_claimed=(
            "with equal compute: the iterative ticket cost eight trainings, the other two",
        ),
        checks=(
            Check("accuracy", "over one cut to the same counts a layer", "imp:beats_one_shot"),
            _control("one cut against one cut", "imp:one_shot_control"),
            _mutant(
                "untrained between",
                "seven cuts without training between them",
                "imp:untrained_between",
                INCONCLUSIVE,
            ),
        ),
    ),
    Claim(
        id="frankle2019-random-masks",
        title="Masks found by pruning beat random masks",
        family=FAMILY,
        source=Source(LTH, "section 2, randomly sparse networks", "ICLR 2019", "recalled-mid"),
        statement="A winning ticket trains to a better accuracy than a random mask of the same "
        "density; part of it is the mask alone.",
        paper_scope=LENET,
        test_scope=SPARSE,
        checks=(
            Check(
                "accuracy",
                "at least one point over the same start under random masks",
                "imp:beats_random_masks",
            ),
            Check("mask alone", "with new weights, too", "imp:masks_beat_random"),
            _control("random masks against each other", "imp:random_control"),
            _mutant(
                "places lost",
                "of the ticket's masks only the counts arrive",
                "imp:places_lost",
                INCONCLUSIVE,
            ),
        ),
    ),
    Claim(
        id="frankle2019-matching",
        title="A seventh of the weights is nearly as good as all",
        family=FAMILY,
        source=Source(LTH, "lottery ticket hypothesis, section 1", "ICLR 2019", "recalled-high"),
        statement="A subnetwork of 10 to 20 % of the weights, trained from their initial values, "
        "reaches the accuracy of the dense network.",
        paper_scope=LENET,
        test_scope=SEVENTH,
        checks=(
            Check("two points", "at most two points below dense", "matching:two_points"),
            _control("dense against dense", "matching:control"),
            _mutant(
                "largest removed", "the mask keeps the smallest weights", "matching:largest_removed"
            ),
        ),
    ),
    Claim(
        id="frankle2019-matching-closer",
        title="A seventh of the weights is as good as all but for one point",
        family=FAMILY,
        source=Source(LTH, "lottery ticket hypothesis, section 1", "ICLR 2019", "recalled-high"),
        statement="A subnetwork of 10 to 20 % of the weights, trained from their initial values, "
        "reaches the accuracy of the dense network.",
        paper_scope=LENET,
        test_scope=SEVENTH,
        checks=(
            Check(
                "one point",
                "at most one point below dense",
                "matching:one_point",
                recorded=INCONCLUSIVE,
            ),
            _control("dense against dense", "matching:control"),
            _mutant(
                "largest removed",
                "the mask keeps the smallest weights",
                "matching:largest_removed_closer",
            ),
        ),
    ),
    Claim(
        id="frankle2019-speed",
        title="A ticket learns as fast as the dense network",
        family=FAMILY,
        source=Source(LTH, "lottery ticket hypothesis, section 1", "ICLR 2019", "recalled-high"),
        statement="A winning ticket reaches its best validation result in at most as many steps as "
        "the dense network.",
        paper_scope=LENET,
        test_scope=SEVENTH,
        not_claimed=(
            "that the two are equally fast: the ticket is later in 19, 22 and 20 of 24 replicates "
            "with master seeds 0, 1 and 2, VIOLATED with the last two",
        ),
        checks=(
            Check(
                "speed",
                "the ticket is first at the best validation count that both reach",
                "matching:sooner_than_dense",
                recorded=INCONCLUSIVE,
            ),
            _control("dense against dense", "matching:speed_control"),
            _mutant(
                "largest removed",
                "the mask keeps the smallest weights",
                "matching:largest_removed_sooner",
            ),
        ),
    ),
    Claim(
        id="frankle2019-occam",
        title="Occam's hill, with label noise",
        family=FAMILY,
        source=Source(LTH, "section 5", "ICLR 2019", "recalled-high"),
        statement="As weights are pruned, test accuracy rises above that of the dense network, "
        "then falls.",
        paper_scope=LENET,
        test_scope="MLP 64-100-50-10 on 8x8 digits with 30 % of the training labels drawn at "
        f"random, 1,500 Adam steps, {REPLICATES}",
        not_claimed=("a hill without label noise: see frankle2019-occam-clean",),
        checks=(
            Check("rise", "a tenth of the weights over all", "occam:rises"),
            Check("fall", "a tenth over a fiftieth", "occam:falls"),
            _control("dense against dense", "occam:control"),
            _mutant(
                "on training data",
                "parts of the data swapped, wrong labels learnt by heart count",
                "occam:on_training_data",
            ),
        ),
    ),
    Claim(
        id="frankle2019-occam-clean",
        title="Occam's hill, with true labels",
        family=FAMILY,
        source=Source(LTH, "section 5", "ICLR 2019", "recalled-high"),
        statement="As weights are pruned, test accuracy rises above that of the dense network.",
        paper_scope=LENET,
        test_scope=f"{RIG}; density 1/10 after two equal cuts",
        checks=(
            Check(
                "rise",
                "a tenth of the weights over all",
                "occam:without_noise",
                recorded=VIOLATED,
            ),
            _control("dense against dense", "occam:clean_control"),
            _mutant(
                "noisy labels", "30 % of the training labels are random", "occam:rises", CONSISTENT
            ),
        ),
    ),
    Claim(
        id="frankle2019-movement",
        title="The weights of a ticket move further than others, beyond what selection explains",
        family=FAMILY,
        source=Source(LTH, "appendix F", "ICLR 2019", "recalled-mid"),
        statement="The weights that end in a winning ticket are moved further by training than the "
        "pruned ones.",
        paper_scope=LENET,
        test_scope=f"{RIG}; one-shot masks at density 0.058 in the dense network",
        not_claimed=("a cause: selection by final magnitude explains most of the ratio",),
        checks=(
            Check(
                "ratio", "mean movement, kept over pruned, above 1", "movement:further_than_others"
            ),
            Check(
                "chance alone",
                "movements dealt out at random in each layer, masks made anew, give that too",
                "movement:so_does_chance",
            ),
            Check(
                "beyond chance",
                "the ratio over its mean for twenty such deals",
                "movement:further_than_chance",
            ),
            _control("a deal over the mean of twenty", "movement:control"),
            _mutant(
                "masked at the start",
                "the masks keep the largest initial weights",
                "movement:masked_at_start",
            ),
        ),
    ),
    Claim(
        id="frankle2019-global",
        title="One threshold for all layers spares a small first layer",
        family=FAMILY,
        source=Source(LTH, "section 4, global pruning", "ICLR 2019", "recalled-mid"),
        statement="Pruned over all layers together, layers with few weights stay denser than the "
        "rest, the first one above all.",
        paper_scope="VGG-19 and ResNet-18 on CIFAR-10",
        test_scope="Conv2 with 8 channels on 8x8 digits, 600 Adam steps, one cut to density 0.07, "
        f"{REPLICATES}",
        checks=(
            Check("first layer", "denser than the network", "layers:convolutions"),
            _control("one network against another", "layers:control"),
            _mutant("within layers", "a threshold in each layer", "layers:within_layers"),
        ),
    ),
    Claim(
        id="frankle2019-global-wide",
        title="One threshold for all layers, where the first layer is the widest",
        family=FAMILY,
        source=Source(LTH, "section 4, global pruning", "ICLR 2019", "recalled-mid"),
        statement="Pruned over all layers together, the first layer stays denser than the rest.",
        paper_scope="VGG-19 and ResNet-18 on CIFAR-10, whose first layers are small",
        test_scope=f"{RIG}; one cut to density 0.07; the first layer has 6,400 of 11,900 weights",
        checks=(
            Check(
                "first layer",
                "denser than the network",
                "layers:fully_connected",
                recorded=VIOLATED,
            ),
            _control("one network against another", "layers:control_fully_connected"),
            _mutant(
                "convolutions",
                "a network whose first layer is its smallest",
                "layers:convolutions",
                CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="zhou2019-signs",
        title="Of the initial weights of a ticket, the signs count",
        family=FAMILY,
        source=Source(SIGNS, "signs, section 4", "NeurIPS 2019", "recalled-high"),
        statement="A ticket whose initial magnitudes are drawn anew, or set to one value a layer, "
        "trains as well as before while the signs are kept.",
        paper_scope=LENET,
        test_scope=SPARSE,
        checks=(
            Check("new magnitudes", "within one point either way", "signs:new_magnitudes"),
            Check(
                "one magnitude",
                "within one point either way for the root mean square of each layer",
                "signs:one_magnitude",
            ),
            _control("two draws of magnitudes", "signs:control"),
            _mutant("new signs", "signs drawn anew, too", "signs:new_signs"),
        ),
    ),
    Claim(
        id="frankle2019b-rewinding",
        title="Iterative tickets put back to an early step beat those put back to the start",
        family=FAMILY,
        source=Source(STABLE, "late resetting", "arXiv", "recalled-mid"),
        statement="Where reset to initial weights finds no winning tickets, rewinding to a step "
        "k > 0 does, with as many training steps in all.",
        paper_scope=LARGE,
        test_scope=f"{SPARSE}; rewound to step 60, the optimiser's state is not",
        not_claimed=("a network in which reset fails: here it does not",),
        checks=(
            Check(
                "accuracy",
                "rewound over reset",
                "rewinding:iterative",
                recorded=INCONCLUSIVE,
            ),
            _control("rewound against rewound", "rewinding:iterative_control"),
            _mutant(
                "drawn anew", "reset to new random weights", "rewinding:over_fresh", CONSISTENT
            ),
        ),
    ),
    Claim(
        id="frankle2019b-extreme",
        title="Extreme one-shot tickets put back to an early step beat those put back to the start",
        family=FAMILY,
        source=Source(STABLE, "late resetting", "arXiv", "recalled-mid"),
        statement="Where reset to initial weights finds no winning tickets, rewinding to a step "
        "k > 0 does, with as many training steps in all.",
        paper_scope=LARGE,
        test_scope="MLP 64-300-100-10 on 8x8 digits, 600 Adam steps, one cut to density 0.024, "
        f"rewound to step 60, {REPLICATES}",
        not_claimed=(
            "that rewinding does nothing: it wins 13, 21 and 21 of 24 replicates with master seeds "
            "0, 1 and 2, and is CONSISTENT with the last two",
        ),
        checks=(
            Check("accuracy", "rewound over reset", "rewinding:extreme", recorded=INCONCLUSIVE),
            _control("rewound against rewound", "rewinding:control"),
            _mutant(
                "start mistaken",
                "the start is taken for the early step",
                "rewinding:start_mistaken",
            ),
        ),
    ),
    Claim(
        id="frankle2020-connectivity",
        title="Networks that part later end in better connected minima",
        family=FAMILY,
        source=Source(LINEAR, "instability analysis, section 3", "ICML 2020", "recalled-high"),
        statement="Two copies of a network, trained on with different batches from step k, have an "
        "error barrier on the segment between them that falls with k, to none.",
        paper_scope=LARGE,
        test_scope=f"{RIG}; k = 0 against k = 120, 30 points, test error",
        checks=(
            Check(
                "barrier",
                "larger for k = 0 than for k = 120",
                "connectivity:falls",
                recorded=INCONCLUSIVE,
            ),
            _control("two pairs that part at 0", "connectivity:control"),
            _mutant(
                "strangers",
                "the two have starts of their own",
                "connectivity:strangers",
                CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="frankle2020-stable",
        title="A small network is stable from the start",
        family=FAMILY,
        source=Source(
            LINEAR, "instability analysis, LeNet, section 3", "ICML 2020", "recalled-mid"
        ),
        statement="Two copies of a small network, trained from the same initial weights with "
        "different batches, are linearly connected: the error barrier is at most two points.",
        paper_scope="LeNet-300-100 on MNIST",
        test_scope=f"{RIG}; 30 points, test error",
        checks=(
            Check("barrier", "at most two points", "connectivity:stable"),
            _control("two pairs that part at 0", "connectivity:control"),
            _mutant(
                "strangers", "the two have starts of their own", "connectivity:strangers_stable"
            ),
        ),
    ),
    Claim(
        id="morcos2019-transfer",
        title="Tickets help on data they were not found on",
        family=FAMILY,
        source=Source(
            TRANSFER, "abstract; transfer between datasets", "NeurIPS 2019", "recalled-high"
        ),
        statement="A ticket found on one dataset, with a new output layer, trains on another to a "
        "better accuracy than a random ticket of the same density in every layer.",
        paper_scope=OTHER_DATA,
        test_scope=HALVES,
        not_claimed=(
            "transfer across optimisers",
            "that the mask carries it: see morcos2019-parts",
        ),
        checks=(
            Check("accuracy", "over random tickets", "transfer:beats_random"),
            _control("random tickets against each other", "transfer:control"),
            _mutant(
                "largest removed", "its masks keep the smallest weights", "transfer:largest_removed"
            ),
        ),
    ),
    Claim(
        id="morcos2019-parts",
        title="Mask or weights: what of a ticket helps on other data",
        family=FAMILY,
        source=Source(
            TRANSFER, "abstract; transfer between datasets", "NeurIPS 2019", "recalled-mid"
        ),
        statement="The mask of a ticket found on one dataset, without its weights, trains on "
        "another to a better accuracy than random tickets; so do its weights, of an early step, "
        "without its mask.",
        paper_scope=OTHER_DATA,
        test_scope=HALVES,
        not_claimed=(
            "that neither helps: masks alone win 18 to 19 of 24 replicates, undecided with three "
            "master seeds; weights alone 18 to 23, decided with two of them",
        ),
        checks=(
            Check("mask", "with new weights", "transfer:masks_alone", recorded=INCONCLUSIVE),
            Check("weights", "under random masks", "transfer:weights_alone", recorded=INCONCLUSIVE),
            _control("random tickets against each other", "transfer:control"),
            _mutant("both", "the whole ticket", "transfer:beats_random", CONSISTENT),
        ),
    ),
    Claim(
        id="morcos2019-as-own",
        title="A transferred ticket is nearly as good as the data's own",
        family=FAMILY,
        source=Source(TRANSFER, "transfer between datasets", "NeurIPS 2019", "recalled-high"),
        statement="A ticket found on one dataset trains on another about as well as one that was "
        "found there.",
        paper_scope=OTHER_DATA,
        test_scope=HALVES,
        checks=(
            Check(
                "accuracy",
                "at most two points below the target's own ticket",
                "transfer:as_good_as_own",
                recorded=VIOLATED,
            ),
            _control("random tickets against each other", "transfer:control"),
            _mutant(
                "never pruned",
                "the dense network in place of the transferred ticket",
                "transfer:dense_as_own",
                CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="morcos2019-data",
        title="Tickets of larger data transfer better",
        family=FAMILY,
        source=Source(TRANSFER, "transfer between datasets", "NeurIPS 2019", "recalled-high"),
        statement="Tickets found on more examples transfer better.",
        paper_scope=OTHER_DATA,
        test_scope=f"{HALVES}; 500 source examples against 60",
        checks=(
            Check(
                "accuracy",
                "found with 500 examples over found with 60",
                "transfer:more_data",
                recorded=INCONCLUSIVE,
            ),
            _control("random tickets against each other", "transfer:control"),
            _mutant(
                "never pruned",
                "the dense network over a ticket found with 60",
                "transfer:never_pruned",
                CONSISTENT,
            ),
        ),
    ),
)

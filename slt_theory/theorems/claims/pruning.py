"""Pruning while training: what is claimed of it."""

from __future__ import annotations

from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check
from slt_theory.theorems.entry import Claim, Paper, Source

FAMILY = "pruning while training"
REPLICATES = "24 replicates of split, weights and order"
RIG = f"MLP 64-100-50-10 on 8x8 digits, 600 Adam steps, {REPLICATES}"
DESCENT = f"MLP 64-100-50-10 on 8x8 digits, 1,500 steps of SGD, {REPLICATES}, each with its mask"
IMAGES = f"MLP 16-64-64-64 on bilinear interpolation, digits 4x4 to 8x8, {REPLICATES}"
GROUPS = f"MLP 64-96-48-10 on 8x8 digits, 1,000 steps of SGD, {REPLICATES}"

DLTH = Paper(
    key="bai2022",
    authors="Yue Bai, Huan Wang, Zhiqiang Tao, Kunpeng Li, Yun Fu",
    title="Dual Lottery Ticket Hypothesis",
    venue="ICLR",
    year=2022,
    arxiv="2203.04248",
)
ISSP = Paper(
    key="wang2023",
    authors="Jiamian Wang, Huan Wang, Yulun Zhang, Yun Fu, Zhiqiang Tao",
    title="Iterative Soft Shrinkage Learning for Efficient Image Super-Resolution",
    venue="ICCV",
    year=2023,
    arxiv="2303.09650",
)
SRSTE = Paper(
    key="zhou2021",
    authors="Aojun Zhou, Yukun Ma, Junnan Zhu, Jianbo Liu, Zhijie Zhang, Kun Yuan, Wenxiu Sun, "
    "Hongsheng Li",
    title="Learning N:M Fine-grained Structured Sparse Neural Networks From Scratch",
    venue="ICLR",
    year=2021,
    arxiv="2102.04010",
)
ESPN = Paper(
    key="cho2020",
    authors="Minsu Cho, Ameya Joshi, Chinmay Hegde",
    title="ESPN: Extremely Sparse Pruned Networks",
    venue="arXiv",
    year=2020,
    arxiv="2006.15741",
)
ELSA = Paper(
    key="elsa2023",
    authors="Paniz Halvachi, Alexandra Peste, Dan Alistarh, Christoph H. Lampert",
    title="ELSA: Partial Weight Freezing for Overhead-Free Sparse Network Deployment",
    venue="arXiv",
    year=2023,
    arxiv="2312.06872",
)

RST_SCOPE = "ResNets and VGG on CIFAR and a part of ImageNet; thousands of steps under pressure"
SR_SCOPE = "convolutional networks and transformers for super-resolution of photographs"
NM_SCOPE = "ResNets on ImageNet and other networks on detection, flow and translation; 120 epochs"

ENTRIES = (
    Claim(
        id="bai2022-pressure",
        title="Pressure on what will be cut, and what the cut can change",
        family=FAMILY,
        source=Source(DLTH, "random sparse network transformation", "ICLR 2022", "code"),
        statement="Adding lambda (1 - M) w to the gradients is to train on the loss plus lambda/2 "
        "times the sum of (1 - M) w^2. With a rate r it multiplies a weight that has no other "
        "gradient by 1 - r lambda a step. Cutting then moves the outputs by at most the sum over "
        "layers of |(1 - M_l) W_l| |x_l| times |M_k W_k| over the layers k after l.",
        paper_scope="any network",
        test_scope="MLP 64-100-50-10 on 8x8 digits at density 1/10; Frobenius norms",
        exact=True,
        not_claimed=("the bound is ours; how loose it is stands in its evidence",),
        checks=(
            Check(
                "penalty",
                "a run with added gradients is the run on the penalised loss, bit for bit",
                "pressure:as_penalised",
            ),
            Check(
                "pressure alone",
                "without a loss, t steps multiply the cut weights by (1 - r lambda)^t, exactly",
                "pressure:alone",
            ),
            Check(
                "cut",
                "outputs on test images move by at most the bound, in enclosed arithmetic",
                "pressure:cut_within_bound",
            ),
            Check(
                "support",
                "the ticket has exactly the weights of its mask",
                "pressure:nothing_outside",
            ),
            Check(
                "mutant: kept weights pressed",
                "the mask is not negated",
                "pressure:kept_pressed",
                role="mutant",
            ),
            Check(
                "mutant: through Adam",
                "the added gradient is divided by its own size",
                "pressure:alone_by_adam",
                role="mutant",
            ),
            Check(
                "mutant: last layer only",
                "the bound forgets that changes travel on",
                "pressure:last_layer_only",
                role="mutant",
            ),
            Check(
                "mutant: mask not re-applied",
                "cut once, then trained without the mask",
                "pressure:revived",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="bai2022-random-tickets",
        title="Random tickets can be made trainable",
        family=FAMILY,
        source=Source(DLTH, "abstract", "ICLR 2022", "read"),
        statement="A randomly selected subnetwork, after the weights outside it have been pressed "
        "to 0 while all were trained, trains to a better accuracy than from scratch.",
        paper_scope=RST_SCOPE,
        test_scope=DESCENT.replace("24", "40"),
        not_claimed=(
            "that one chosen mask improves: each replicate has a random one",
            "that 24 replicates show it: of three master seeds two did, 23 to 1, the third 19 to 5",
        ),
        checks=(
            Check(
                "density 1/10",
                "the transformed ticket beats scratch with as many steps",
                "rst:over_scratch",
            ),
            Check("control", "scratch against scratch", "rst:control", role="control"),
            Check(
                "mutant: kept weights pressed",
                "the ticket itself is pressed to 0",
                "rst:wrong_pressure",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="bai2022-sparser-tickets",
        title="Random tickets of a twentieth can be made trainable",
        family=FAMILY,
        source=Source(DLTH, "abstract", "ICLR 2022", "read"),
        statement="As bai2022-random-tickets, with the pressure as what does it.",
        paper_scope=RST_SCOPE,
        test_scope=DESCENT,
        checks=(
            Check(
                "density 1/20",
                "the transformed ticket beats scratch with as many steps",
                "rst:sparser_over_scratch",
            ),
            Check(
                "pressure",
                "it beats lambda = 0, where the cut takes away weights in use",
                "rst:pressure_matters",
            ),
            Check("control", "scratch against scratch", "rst:sparser_control", role="control"),
            Check(
                "mutant: kept weights pressed",
                "the ticket itself is pressed to 0",
                "rst:sparser_wrong_pressure",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="bai2022-dense-accuracy",
        title="Transformed random tickets against the dense network",
        family=FAMILY,
        source=Source(DLTH, "abstract", "ICLR 2022", "read"),
        statement="Transformed random tickets reach an accuracy close to that of the dense "
        "network.",
        paper_scope=RST_SCOPE,
        test_scope=DESCENT,
        not_claimed=("anything about networks with so many weights that a tenth suffices",),
        checks=(
            Check(
                "density 1/10",
                "the transformed ticket is at most one point worse than dense",
                "rst:as_dense",
                recorded=Verdict.VIOLATED,
            ),
            Check("control", "dense against dense", "rst:dense_control", role="control"),
            Check(
                "what it can see: density 1",
                "nothing is cut between the two phases",
                "rst:whole_as_dense",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="wang2023-shrinkage",
        title="Soft shrinkage is a multiplication of what ranks low",
        family=FAMILY,
        source=Source(ISSP, "method", "ICCV 2023", "code"),
        statement="After each step all but the k largest |w| of a layer are multiplied by 0.95 "
        "and the others are left alone. Where nothing else moves, t steps multiply by 0.95^t and "
        "the support stays.",
        paper_scope="any network",
        test_scope="MLP 16-64-64-64 at density 1/20; float32",
        exact=True,
        checks=(
            Check(
                "one step",
                "in a run, the largest are untouched and the rest rounded once",
                "shrinking:shrinks_the_rest",
            ),
            Check(
                "many steps",
                "without gradients, 20 halvings are one multiplication by 2^-20",
                "shrinking:shrinks_geometrically",
            ),
            Check(
                "mutant: one step on the support",
                "the kept weights shrink",
                "shrinking:shrinks_the_support",
                role="mutant",
            ),
            Check(
                "mutant: many steps on the support",
                "the kept weights shrink, and others take their place",
                "shrinking:support_does_not_stay",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="wang2023-superresolution",
        title="Soft shrinkage beats hard thresholding in super-resolution",
        family=FAMILY,
        source=Source(ISSP, "abstract; experiments", "ICCV 2023", "read"),
        statement="At the same density, networks trained with soft shrinkage reconstruct images "
        "with a higher PSNR than networks trained with iterative hard thresholding, networks "
        "pruned by magnitude after training, and sparse networks trained from scratch.",
        paper_scope=SR_SCOPE,
        test_scope=f"{IMAGES}; 600 Adam steps and 600 after the cut, density 1/20",
        not_claimed=(
            "that it beats pruning after training, which depends on the width: 20 of 24 replicates "
            "won with layers of 100 units, 9 with the 64 here (seed 0 of both)",
        ),
        checks=(
            Check("hard thresholding", "soft beats factor 0", "issp:over_hard"),
            Check("scratch", "soft beats a random mask", "issp:over_scratch"),
            Check(
                "prune and tune",
                "soft beats pruning after training",
                "issp:over_late",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check("control", "soft against soft", "issp:control", role="control"),
            Check(
                "mutant: largest cut",
                "the weights of least magnitude stay, against hard thresholding",
                "issp:largest_cut_over_hard",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="zhou2021-pattern",
        title="N:M by magnitude keeps exactly N of M and is the nearest pattern",
        family=FAMILY,
        source=Source(SRSTE, "N:M sparsity", "ICLR 2021", "code"),
        statement="Keeping the N largest |w| of every M consecutive inputs keeps N of each group, "
        "and no other N:M pattern changes the weights less in squared error.",
        paper_scope="any weights",
        test_scope="initial weights of an MLP 64-96-48-10, as drawn and with ties; 1:4, 2:4, 2:8, "
        "4:8, 1:16",
        exact=True,
        checks=(
            Check("counts", "every group keeps exactly N", "pattern:exactly_n"),
            Check(
                "nearest",
                "the squared error is the least of all patterns, in rationals",
                "pattern:nearest",
            ),
            Check(
                "mutant: across rows",
                "groups of consecutive units",
                "pattern:across_rows",
                role="mutant",
            ),
            Check(
                "mutant: least magnitude",
                "the smallest of each group stay",
                "pattern:farthest",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="zhou2021-accuracy",
        title="2:4 networks trained from scratch",
        family=FAMILY,
        source=Source(SRSTE, "abstract; experiments", "ICLR 2021", "read"),
        statement="SR-STE trains N:M networks to a better accuracy than the plain "
        "straight-through estimator, and 2:4 networks to that of the dense one.",
        paper_scope=NM_SCOPE,
        test_scope=GROUPS,
        checks=(
            Check(
                "plain estimator",
                "SR-STE beats strength 0",
                "srste:over_plain",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check("dense", "2:4 is at most one point worse than dense", "srste:as_dense"),
            Check("control", "SR-STE against SR-STE", "srste:accuracy_control", role="control"),
            Check(
                "mutant: 1:16 over the plain estimator",
                "one of 16 kept instead of two of four",
                "srste:wide_groups",
                role="mutant",
            ),
            Check(
                "mutant: 1:16 over dense",
                "one of 16 kept instead of two of four",
                "srste:wide_as_dense",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="zhou2021-churn",
        title="SR-STE lowers mask churn",
        family=FAMILY,
        source=Source(SRSTE, "sparse architecture divergence", "ICLR 2021", "read"),
        statement="With the sparse-refined term masks change less during training.",
        paper_scope=NM_SCOPE,
        test_scope=f"{GROUPS}; 2:4, strength 2e-4, mask bits flipped over all steps",
        checks=(
            Check("flips", "SR-STE flips fewer mask bits than strength 0", "srste:calmer"),
            Check("control", "SR-STE against SR-STE", "srste:calm_control", role="control"),
            Check(
                "mutant: wrong sign",
                "weights outside the pattern grow",
                "srste:wrong_sign",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="cho2020-gates",
        title="Masks found by gates beat masks by magnitude",
        family=FAMILY,
        source=Source(ESPN, "abstract", "arXiv 2020", "read"),
        statement="Ranking weights by gates trained under an l1 penalty from a short warm-up "
        "gives masks of exactly the count asked for, with a better accuracy at extreme densities "
        "than one-shot masks by magnitude.",
        paper_scope="convolutional networks on CIFAR and ImageNet; densities from 1/20 down",
        test_scope="MLP 64-100-50-10 on 8x8 digits, warm-up of 60 Adam steps, search of 800, "
        f"600 after it, {REPLICATES}",
        not_claimed=("that the penalty is what does it: gates that cost nothing win as well",),
        checks=(
            Check(
                "density 1/20", "gates beat magnitude, both over all layers", "espn:over_magnitude"
            ),
            Check("density 1/40", "the same at 1/40", "espn:over_magnitude_sparser"),
            Check("penalty", "gates beat gates that cost nothing, at 1/40", "espn:price_matters"),
            Check("counts", "masks keep exactly their counts, nested", "espn:counts"),
            Check("control", "gates against gates", "espn:control", role="control"),
            Check("mutant: least gates", "the smallest stay", "espn:least_gates", role="mutant"),
            Check(
                "mutant: threshold",
                "gates over 1/100 stay, whatever their number",
                "espn:by_threshold",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="elsa2023-extraction",
        title="Sparse networks are extracted from a dense one by zeroing",
        family=FAMILY,
        source=Source(ELSA, "abstract", "arXiv", "read"),
        statement="With the kept weights fixed, the rest can be trained so that the whole is a "
        "good dense network; zeroing the rest gives back the sparse one exactly, and so on for "
        "several, one in the other.",
        paper_scope="convolutional networks and transformers on images; normalisation per level",
        test_scope=RIG,
        checks=(
            Check(
                "extraction", "the sparse part is what it was, bit for bit", "elsa:same_sparse_part"
            ),
            Check(
                "levels",
                "networks of density 1/10 and 3/10 in one, bit for bit",
                "elsa:same_levels",
            ),
            Check(
                "dense accuracy",
                "the whole is at most one point worse than dense alone",
                "elsa:dense_loses_nothing",
            ),
            Check("control", "dense against dense", "elsa:control", role="control"),
            Check(
                "mutant: nothing held fixed",
                "all weights trained on",
                "elsa:retrained",
                role="mutant",
            ),
            Check("mutant: not extended", "the rest stays 0", "elsa:not_extended", role="mutant"),
        ),
    ),
)

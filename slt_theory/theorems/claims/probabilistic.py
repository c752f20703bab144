"""Pruning by inference, sparse generators, and what layers know: what is claimed of them."""

from __future__ import annotations

from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check
from slt_theory.theorems.entry import Claim, Paper, Source

FAMILY = "probabilistic and biological"
TABLE = "diabetes table, ten standardised features, 24 splits of 300 and 142; "
PARTICLES = "39 particles, 2,000 Adam steps along the Stein direction"

STEIN = Paper(
    key="liu2016",
    authors="Liu, Wang",
    title="Stein variational gradient descent: a general purpose Bayesian inference algorithm",
    venue="NeurIPS",
    year=2016,
    arxiv="1608.04471",
)
LOSSLESS = Paper(
    key="wang2022",
    authors="Wang, Guo, Guo, Zhang, Xu, Zhang, Liu",
    title="Efficient Stein variational inference for reliable distribution-lossless network "
    "pruning",
    venue="arXiv",
    year=2022,
    arxiv="2212.03537",
)
SPARSE_GAN = Paper(
    key="qian2021",
    authors="Qian, Xu, Zuo, Li",
    title="Self-sparse generative adversarial networks",
    venue="CAAI Artificial Intelligence Research",
    year=2022,
    arxiv="2101.10556",
)
DEPTH = Paper(
    key="antoran2020",
    authors="Antorán, Allingham, Hernández-Lobato",
    title="Variational depth search in ResNets",
    venue="arXiv",
    year=2020,
    arxiv="2002.02797",
)
DISTILL = Paper(
    key="muratore2022",
    authors="Muratore, Tafazoli, Piasini, Laio, Zoccolan",
    title="Prune and distill: similar reformatting of image information along rat visual cortex "
    "and deep neural networks",
    venue="NeurIPS",
    year=2022,
    arxiv="2205.13816",
)
NEIGHBOURS = Paper(
    key="facco2017",
    authors="Facco, d'Errico, Rodriguez, Laio",
    title="Estimating the intrinsic dimension of datasets by a minimal neighborhood information",
    venue="Scientific Reports",
    year=2017,
    arxiv="1803.06992",
)

DEPTH_NET = (
    "residual MLP of width 20, depths 0 to 10, on 8x8 digits; 600 steps of SGD, 24 replicates of "
    "split, weights and order"
)
PROBED = (
    "MLP with four hidden layers of 100 on 8x8 digits of random gain and offset, 600 Adam steps, "
    "24 replicates of split, weights and order; ridge probes"
)

ENTRIES = (
    Claim(
        id="liu2016-fixed-point",
        title="Particles at rest have the posterior's mean",
        family=FAMILY,
        source=Source(STEIN, "the update; its fixed point on a normal law", "2016", "derived"),
        statement="On a normal posterior the motions of all particles add up to the precision "
        "times their kernel-weighted distance to its mean: at a fixed point the weighted mean is "
        "the posterior's. Repulsion cancels, whatever the symmetric kernel.",
        paper_scope="any smooth density and kernel",
        test_scope="rational particles, kernels and normal laws in up to four dimensions, in "
        "rationals; and " + TABLE + PARTICLES,
        checks=(
            Check("identity", "motions add up, in exact rationals", "svgd:fixed_point"),
            Check(
                "reaches the mean",
                "every coordinate of the plain mean within a tenth of a posterior deviation",
                "svgd:reaches_the_mean",
            ),
            Check("control", "particles against others", "svgd:mean_control", role="control"),
            Check(
                "mutant: rows normalised",
                "each row of the kernel sums to 1, as in attention",
                "svgd:rows_normalised",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="wang2022-reliability",
        title="The spread of Stein particles says how reliable a weight is",
        family=FAMILY,
        source=Source(LOSSLESS, "abstract: quantified reliability", "arXiv v1", "read"),
        statement="The spread of the particles is an error estimate: their interval of level 0.9 "
        "holds posterior mass 0.9.",
        paper_scope="pruned networks on CIFAR-10 and ImageNet; the abstract gives no level",
        test_scope=TABLE + PARTICLES + "; posterior in closed form",
        not_claimed=(
            "that more particles do not help: the mass is 0.79 with 19 of them, 0.85 with 39, 0.86 "
            "with 79 and 0.87 with 159",
            "anything about other kernels: collapse of the variance in high dimension is a known "
            "weakness of the Gaussian one",
        ),
        checks=(
            Check(
                "mass of intervals",
                "at least 0.9 on average over coordinates: less here in every replicate",
                "svgd:coverage",
                recorded=Verdict.VIOLATED,
            ),
            Check(
                "control",
                "independent posterior draws against others",
                "svgd:coverage_control",
                role="control",
            ),
            Check(
                "mutant: twice as wide",
                "independent draws, twice as far from the mean, hold enough",
                "svgd:twice_as_wide",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="wang2022-lossless",
        title="Pruning by posterior inclusion beats pruning by magnitude",
        family=FAMILY,
        source=Source(LOSSLESS, "abstract: against truncation near 0", "arXiv v1", "read"),
        statement="Small weights can matter: keeping what a posterior over weights and inclusion "
        "keeps is more accurate than cutting off small magnitudes.",
        paper_scope="networks on CIFAR-10 and ImageNet; prior and gates of the paper",
        test_scope=TABLE
        + "three features kept and refitted; prior and gates are ours, "
        + PARTICLES,
        not_claimed=(
            "that they choose alike: the posterior wins 10 to 16 of 24 splits, loses 2 to 5 and "
            "often keeps the same three features",
            "anything about features that are not standardised: there it would be easy",
        ),
        checks=(
            Check(
                "against magnitude",
                "smaller squared test error than the largest ridge coefficients: not decided here",
                "svgd:over_magnitude",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check("against lot", "and than random features", "svgd:over_random"),
            Check("control", "other particles", "svgd:pruning_control", role="control"),
            Check(
                "mutant: closed first",
                "the features whose gates are most closed are kept",
                "svgd:closed_first",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="qian2021-gates",
        title="Gates behind a ReLU close channels and positions exactly",
        family=FAMILY,
        source=Source(SPARSE_GAN, "abstract: sparsity decomposition", "arXiv", "recalled-low"),
        statement="A feature map times channel and position coefficients behind a ReLU is exactly "
        "0 wherever one of them is, and gradients pass where both are open.",
        paper_scope="any generator with the module after its deconvolutions",
        test_scope="maps, coefficients and gradients in integers, 24 replicates",
        exact=True,
        checks=(
            Check("closed", "values and gradients as in integers", "sparse_gan:closed"),
            Check(
                "mutant: softened",
                "softplus in place of ReLU",
                "sparse_gan:softened",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="qian2021-images",
        title="A generator with sparse feature maps makes better images",
        family=FAMILY,
        source=Source(SPARSE_GAN, "abstract: FID against WGAN-GP", "arXiv", "read"),
        statement="With the gates after every deconvolution, WGAN-GP makes images nearer to the "
        "data after equally many steps.",
        paper_scope="deconvolutional generators on MNIST to LSUN, FID 5 to 22 per cent lower",
        test_scope="8x8 digits, eight channels, 160 steps of the generator beside 800 of the "
        "critic, 24 replicates; squared maximum mean discrepancy of 500 images, which is not FID",
        not_claimed=(
            "that it lasts: what is seen is an early lead, about what a minute on one core shows; "
            "after 200 steps twelve replicates saw no difference",
            "equal numbers of weights: the gates have some of their own",
        ),
        checks=(
            Check(
                "better images",
                "smaller discrepancy than the plain generator",
                "sparse_gan:better_images",
            ),
            Check("control", "plain against plain", "sparse_gan:control", role="control"),
            Check(
                "mutant: untrained",
                "the generator with gates stays as drawn",
                "sparse_gan:gated_untrained",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="antoran2020-evidence",
        title="The bound over depths is tight at the posterior",
        family=FAMILY,
        source=Source(DEPTH, "the variational objective", "arXiv v4", "code"),
        statement="For every network the log evidence is ELBO(q) + KL(q | posterior) for every q "
        "over depths: the bound needs no samples and its maximum is the posterior.",
        paper_scope="any network with an output after every depth",
        test_scope="symbols for one to six depths; enclosures for " + DEPTH_NET,
        exact=True,
        checks=(
            Check("identity", "an identity of symbols", "depth:symbolic"),
            Check(
                "trained networks",
                "the gap is 0 at the posterior and positive at twenty other q, in enclosures",
                "depth:evidence",
            ),
            Check(
                "mutant: sums to 2",
                "q is not normalised",
                "depth:without_sum",
                role="mutant",
            ),
            Check(
                "mutant: wrong direction",
                "q and prior change places in the divergence",
                "depth:wrong_direction",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="antoran2020-pruning",
        title="A network cut at its most probable depth loses nothing",
        family=FAMILY,
        source=Source(DEPTH, "abstract", "arXiv v4", "read"),
        statement="Cut at the most probable depth, a residual network predicts as accurately as "
        "the mixture of all depths.",
        paper_scope="residual networks on spirals, MNIST, Fashion-MNIST and SVHN",
        test_scope=DEPTH_NET,
        not_claimed=(
            "that much is cut: after 600 steps q is still broad, and its maximum lies at depths 7 "
            "to 10",
            "early stopping by test data, which the released scripts do",
        ),
        checks=(
            Check(
                "cut",
                "at most one point less accurate than the mixture",
                "depth:pruned_loses_nothing",
            ),
            Check("control", "mixture against mixture", "depth:control", role="control"),
            Check(
                "mutant: least probable",
                "cut to the depth of least q",
                "depth:cut_at_the_least",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="antoran2020-calibration",
        title="The mixture of depths is better calibrated than one depth",
        family=FAMILY,
        source=Source(DEPTH, "abstract", "arXiv v4", "read"),
        statement="Averaged over depths, predictions are better calibrated than those of a "
        "residual network of full depth.",
        paper_scope="residual networks on MNIST, Fashion-MNIST and SVHN",
        test_scope=DEPTH_NET,
        not_claimed=(
            "that there is no difference: the mixture is better in 16 to 20 of 24 replicates, by "
            "half a point in the median, where one point is asked",
        ),
        checks=(
            Check(
                "calibration error",
                "at least a point below that of depth 10 alone, in 15 bins: less than that here",
                "depth:calibrated",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check("control", "mixture against mixture", "depth:control", role="control"),
            Check(
                "mutant: blunt mixture",
                "logits of the mixture divided by ten",
                "depth:blunt_mixture",
                role="mutant",
            ),
            Check(
                "mutant: blunt depth 10",
                "logits of depth 10 divided by ten, and the mixture is seen to win",
                "depth:over_blunt",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="muratore2022-probes",
        title="Layers prune luminance and distil the class",
        family=FAMILY,
        source=Source(DISTILL, "abstract", "NeurIPS 2022", "read"),
        statement="Along a trained network low-level information falls and class information "
        "rises, and both are due to training.",
        paper_scope="single units of convolutional networks on photographs; rat visual cortex",
        test_scope=PROBED,
        not_claimed=(
            "that training prunes luminance here: untrained layers lose about as much of it",
        ),
        checks=(
            Check(
                "luminance falls",
                "it is known less well in the last hidden layer than in the first",
                "probes:pruned_by_depth",
            ),
            Check(
                "luminance falls by training",
                "less well in the last hidden layer than without training: no difference here",
                "probes:pruned_by_training",
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "class rises",
                "it is read better from the last hidden layer than from the first",
                "probes:distilled",
            ),
            Check("control", "trained against trained", "probes:control", role="control"),
            Check(
                "mutant: untrained",
                "the class is read from the network before training, and falls",
                "probes:untrained_read",
                role="mutant",
            ),
            Check(
                "mutant: luminance is the label",
                "trained to tell luminance, the network keeps it",
                "probes:luminance_learned",
                role="mutant",
            ),
        ),
    ),
    Claim(
        id="muratore2022-dimension",
        title="Intrinsic dimension expands, then contracts",
        family=FAMILY,
        source=Source(DISTILL, "abstract", "NeurIPS 2022", "read"),
        statement="Along a network the intrinsic dimension of what it sees first grows and then "
        "falls.",
        paper_scope="convolutional networks on photographs of 227 pixels; rat visual cortex",
        test_scope=PROBED + "; TwoNN on 497 test images",
        not_claimed=("anything about convolutions or large images: digits have dimension 8",),
        checks=(
            Check(
                "expands",
                "from the images to the first hidden layer: it falls here",
                "probes:expands",
                recorded=Verdict.VIOLATED,
            ),
            Check("contracts", "from the first hidden layer to the last", "probes:contracts"),
            Check(
                "control",
                "two trained networks",
                "probes:dimension_control",
                role="control",
            ),
            Check(
                "mutant: flattened",
                "the images are reduced to two numbers each, and dimension is seen to grow",
                "probes:expands_from_a_plane",
                role="mutant",
                recorded=Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="facco2017-likelihood",
        title="TwoNN is the maximum of its likelihood",
        family=FAMILY,
        source=Source(NEIGHBOURS, "the estimator, by likelihood", "2017", "derived"),
        statement="If the ratio of second to first neighbour distance has a Pareto law, its "
        "exponent d has the estimate N / sum log mu, with exact Gamma intervals.",
        paper_scope="data whose density is constant around each point",
        test_scope="symbols; 2,000 Pareto samples of 100; uniform cubes of 1,000 points",
        not_claimed=("dimensions of ten and more: in a cube of ten it is a seventh too low",),
        checks=(
            Check("maximum", "slope 0, likelihood concave, in symbols", "probes:maximum"),
            Check("intervals", "hold d at their level", "probes:covered"),
            Check("cube of 2", "within a tenth", "probes:cube_of_two"),
            Check("cube of 5", "within a tenth", "probes:cube_of_five"),
            Check(
                "cube of 10",
                "within a tenth: too low here",
                "probes:cube_of_ten",
                recorded=Verdict.VIOLATED,
            ),
            Check("control", "clouds against others", "probes:cube_control", role="control"),
            Check("mutant: N - 1", "N - 1 in place of N", "probes:one_less", role="mutant"),
            Check(
                "mutant: tenth dropped",
                "the largest tenth is dropped, as for the fitted line, and nothing corrected",
                "probes:largest_dropped",
                role="mutant",
            ),
        ),
    ),
)

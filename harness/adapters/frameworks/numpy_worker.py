"""NumPy and SciPy as a lossproof worker: their public functions of losses, forward only; neither differentiates.

Left out, for want of a function that is the op: cross-entropies, hinge and clipped losses (neither library has them),
entropy in bits (scipy.stats.entropy normalises its rows and knows no epsilon), the divergences other than `rel_entr`
(scipy.special.kl_div adds q - p, scipy.stats.entropy normalises, jensenshannon compares with the mean of the two).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from lossproof_worker import guard_stdout, serve

guard_stdout()

import numpy as np
import scipy
from scipy import special

# SciPy's array functions keep the dtype of their input. Its compiled ufuncs have loops for float32 and float64 only,
# and give a wider type for f16 and bf16; so does logsumexp for bf16. NumPy has no bf16 of its own: with the type of
# ml_dtypes it adds in bf16, element after element, where it adds f16 in pairs.
EVERY = ("f16", "bf16", "f32", "f64")
COMPILED = ("f32", "f64")

KERNELS = {
    "softmax": (lambda logits: special.softmax(logits, axis=1), EVERY),
    "log_softmax": (lambda logits: special.log_softmax(logits, axis=1), EVERY),
    "logsumexp": (lambda logits: special.logsumexp(logits, axis=1), ("f16", "f32", "f64")),
    "sigmoid": (special.expit, COMPILED),
    "logit": (special.logit, COMPILED),
    "softplus": (special.softplus, EVERY),
    "kl_divergence": (lambda p, q: np.sum(special.rel_entr(p, q), axis=1), COMPILED),
    "reduce_sum": (lambda losses: np.sum(losses, axis=1), EVERY),
    "reduce_mean": (lambda losses: np.mean(losses, axis=1), EVERY),
}

# NaN and infinities are what the cases are about; a warning for each would bury what stderr has to say.
np.seterr(all="ignore")

serve(
    KERNELS,
    name="numpy",
    version=f"NumPy {np.__version__}, SciPy {scipy.__version__}",
    profile="exact",
    description="numpy and scipy.special; bf16 with the type of ml_dtypes",
)

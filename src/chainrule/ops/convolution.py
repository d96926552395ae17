"""Convolution of images, and the two operations that transpose it.

    y[n,k,p,q] = Σ_cij x[n, c, p·s + i·d − b, q·s + j·d − b] · kernel[k,c,i,j]

with stride s, dilation d and a border of b zeros.  As in every deep-learning library this is a
cross-correlation: the kernel is not turned round.

The sum Σ x · kernel · y over all seven indices is linear in each of the three arrays.  Without y
it is the convolution; without x the transposed convolution; without the kernel the correlation of
x with y.  Each is the adjoint of the other two, so that these three are closed under derivatives
of every order.  Source: V. Dumoulin, F. Visin, A guide to convolution arithmetic for deep
learning, 2016, arXiv:1603.07285.

>>> from chainrule.graph.node import variable
>>> conv2d(variable((8, 3, 28, 28)), variable((16, 3, 5, 5)), stride=2, padding=2)
<conv2d float64[8, 16, 14, 14]>
"""

from __future__ import annotations

from typing import Any, ClassVar

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape, size_of
from chainrule.jacobians.kinds import LinearMap, Multilinear
from chainrule.ops.broadcasting import as_numbers, reshape
from chainrule.ops.contract import TURN, LinearOperation, paper_function, show_shape
from chainrule.ops.transposition import permute
from chainrule.ops.windows import Pair, pair, places, with_border

__all__ = ["Windowed", "conv2d", "conv2d_correlation", "conv2d_transposed"]

# The three arrays of the sum: their axes, and the letters of the two axes before the image's.
AXES = {"x": "N × C × H × W", "kernel": "K × C × h × w", "y": "N × K × P × Q"}
LETTERS = {"x": "nc", "kernel": "kc", "y": "nk"}
AT_ONCE = 1 << 22  # entries of windows that are held at once, unless one image has more
SIZES = {"n": "images", "c": "input channels", "k": "output channels"}


class Windowed(LinearOperation):
    """Base: the sum over windows without one of its three arrays, `gives`, from the other two."""

    arity = 2
    takes: ClassVar[tuple[str, str]]
    gives: ClassVar[str]
    size: Pair = (0, 0)  # of the result's image, where the inputs do not say it
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)

    def shape(self, *shapes: Shape) -> Shape:
        lengths, images = self._lengths(shapes), self._images(shapes)
        count = places(self.name, images["x"], images["kernel"], self)
        if "y" in self.takes and images["y"] != count:
            raise ShapeError(
                f"{self.name}: windows {show_shape(images['kernel'])} of an image "
                f"{show_shape(images['x'])} give {show_shape(count)}, not {show_shape(images['y'])}"
            )
        own = [lengths[letter] for letter in LETTERS[self.gives]]
        return (*own, *(count if self.gives == "y" else self.size))

    def _lengths(self, shapes: tuple[Shape, ...]) -> dict[str, int]:
        """How many images and channels there are."""
        if any(len(shape) != 4 for shape in shapes):
            wanted = " and ".join(f"{role} ({AXES[role]})" for role in self.takes)
            found = " and ".join(map(show_shape, shapes))
            raise ShapeError(f"{self.name} takes {wanted}, not {found}")
        (a, first), (b, second) = zip(self.takes, shapes, strict=True)
        lengths = dict(zip(LETTERS[a], first, strict=False))
        others = dict(zip(LETTERS[b], second, strict=False))
        (shared,) = lengths.keys() & others.keys()
        if lengths[shared] != others[shared]:
            raise ShapeError(
                f"{self.name} needs as many {SIZES[shared]} on both sides, not {lengths[shared]} "
                f"and {others[shared]}: {a} {show_shape(first)} and {b} {show_shape(second)}"
            )
        return lengths | others

    def _images(self, shapes: tuple[Shape, ...]) -> dict[str, Shape]:
        """The last two axes of the two arrays, and of the result if it is not y."""
        given = {role: shape[2:] for role, shape in zip(self.takes, shapes, strict=True)}
        return given | {self.gives: self.size}

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        """How many numbers it holds on the way, for one image at least, and how many products."""
        lengths, images = self._lengths(shapes), self._images(shapes)
        n, c, k = [lengths[letter] for letter in "nck"]
        padded = n * c * size_of(with_border(images["x"], self.padding))
        return padded + self._windows(shapes), n * k * self._windows(shapes)

    def _windows(self, shapes: tuple[Shape, ...]) -> int:
        """How many entries the windows of one image have together."""
        images = self._images(shapes)
        count = places(self.name, images["x"], images["kernel"], self)
        return self._lengths(shapes)["c"] * size_of(images["kernel"]) * size_of(count)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        """Block by block of images, so that the windows of not too many are held at once."""
        by_image = ["n" in LETTERS[role] for role in self.takes]
        windows = self._windows(tuple([value.shape for value in values]))
        step = max(1, getattr(k, "at_once", AT_ONCE) // max(1, windows))
        parts = []
        for at in range(0, max(1, len(values[by_image.index(True)])), step):
            block = slice(at, at + step)
            inputs = [v[block] if n else v for v, n in zip(values, by_image, strict=True)]
            parts.append(self.of_block(k, *inputs))
        if len(parts) == 1:
            return parts[0]
        return k.concatenate(parts) if "n" in LETTERS[self.gives] else sum(parts[1:], parts[0])

    def of_block(self, k: Kernels, first: Any, second: Any) -> Any:
        """The value for some of the images."""
        raise NotImplementedError

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return Multilinear(self, inputs, 0), Multilinear(self, inputs, 1)

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        """A batch joins the axis that this operand and the result have in common."""
        batch = tangent.shape[:-4]
        role = self.takes[position]
        (shared,) = set(LETTERS[role]) & set(LETTERS[self.gives])
        axis = LETTERS[role].index(shared)
        joined = _joined(tangent, axis)
        result = self(*operands[:position], joined, *operands[position + 1 :])
        own = (*batch, tangent.shape[len(batch) + axis])
        return _parted(result, LETTERS[self.gives].index(shared), own)

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        """The same sum, with the cotangent in the result's place and without the operand."""
        role = self.takes[position]
        size = pair("size", operands[position].shape[2:], 1) if role != "y" else (0, 0)
        other = WITHOUT[role](size, self.stride, self.padding, self.dilation)
        given = dict(zip(self.takes, operands, strict=True)) | {self.gives: cotangent}
        inputs = tuple(given[one] for one in other.takes)
        return other.substitute(inputs, other.takes.index(self.gives), cotangent)

    def columns(self, k: Kernels, x: Any, size: Shape) -> Any:
        """The windows of x as the columns of one matrix an image: N × Chw × PQ."""
        padding = ((0, 0), (0, 0), *((border, border) for border in self.padding))
        padded = k.pad(x, padding) if any(self.padding) else x
        parts = k.windows(padded, size, self.stride, self.dilation)
        n, c, p, q, h, w = parts.shape
        return k.transpose(parts, (0, 1, 4, 5, 2, 3)).reshape(n, c * h * w, p * q)


class Convolution(Windowed):
    """x ⋆ kernel, without turning the kernel round."""

    name = "conv2d"
    precedence = "product"
    latex = r"{0} \star {1}"
    derivatives = ("the kernel's entry that meets x, else 0", "the entry of x that it meets")
    sentence = "A convolution is linear in each factor; the derivative is made of the other factor."
    takes = ("x", "kernel")
    gives = "y"

    def of_block(self, k: Kernels, x: Any, kernel: Any) -> Any:
        count = places(self.name, x.shape[2:], kernel.shape[2:], self)
        rows = kernel.reshape(len(kernel), size_of(kernel.shape[1:]))
        return (rows @ self.columns(k, x, kernel.shape[2:])).reshape(len(x), len(kernel), *count)


class TransposedConvolution(Windowed):
    """What the convolution sends back to x: each entry of y adds its multiple of the kernel."""

    name = "conv2d_transposed"
    derivatives = ("the kernel's entry that y adds, else 0", "the entry of y that adds it")
    sentence = (
        "Every entry of the input adds its multiple of the kernel at the place of its window."
    )
    takes = ("y", "kernel")
    gives = "x"

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        """It adds the windows' entries place by place."""
        held, products = super().cost(*shapes)
        return held, products + TURN * size_of(self._images(shapes)["kernel"])

    def of_block(self, k: Kernels, y: Any, kernel: Any) -> Any:
        n, outputs, p, q = y.shape
        _, c, h, w = kernel.shape
        columns = kernel.reshape(outputs, c * h * w).T @ y.reshape(n, outputs, p * q)
        parts = k.transpose(columns.reshape(n, c, h, w, p, q), (0, 1, 4, 5, 2, 3))
        top, left = self.padding
        high, wide = self.size
        x = k.add_windows(parts, (high + 2 * top, wide + 2 * left), self.stride, self.dilation)
        return x[..., top : top + high, left : left + wide]


class Correlation(Windowed):
    """What the convolution sends back to its kernel: Σ over all windows of x, weighed by y."""

    name = "conv2d_correlation"
    derivatives = ("the entry of y that weighs x, else 0", "the entry of x that it weighs")
    sentence = (
        "Each entry of the result adds up products of the two inputs, so it is linear in each of "
        "them."
    )
    takes = ("x", "y")
    gives = "kernel"

    def of_block(self, k: Kernels, x: Any, y: Any) -> Any:
        n, outputs, p, q = y.shape
        columns = k.swapaxes(self.columns(k, x, self.size), 1, 2)
        total = (y.reshape(n, outputs, p * q) @ columns).sum(axis=0)
        return total.reshape(outputs, x.shape[1], *self.size)


WITHOUT: dict[str, type[Windowed]] = {
    "y": Convolution,
    "x": TransposedConvolution,
    "kernel": Correlation,
}


def _joined(node: Node, axis: int) -> Node:
    """Leading batch axes made part of the first or second of the last four axes."""
    lead = node.ndim - 4
    order = (*range(lead, lead + axis), *range(lead), *range(lead + axis, node.ndim))
    own = list(node.shape[lead:])
    own[axis] *= size_of(node.shape[:lead])
    return reshape(permute(node, order), to=tuple(own))


def _parted(node: Node, axis: int, lengths: Shape) -> Node:
    """The inverse of `_joined`: an axis read as axes of these lengths, all but the last in front.

    The last of them stays where the axis was.
    """
    apart = reshape(node, to=(*node.shape[:axis], *lengths, *node.shape[axis + 1 :]))
    end = axis + len(lengths) - 1
    return permute(apart, (*range(axis, end), *range(axis), *range(end, apart.ndim)))


@paper_function()
def conv2d(
    x: Node,
    kernel: Node,
    *,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
) -> Node:
    """x (N × C × H × W) with a kernel (K × C × h × w): a cross-correlation, N × K × P × Q.

    P = ⌊(H + 2·padding − dilation·(h − 1) − 1) / stride⌋ + 1, and Q likewise; rows and columns
    that no whole window reaches are left out.

    Raises:
        ShapeError: the channels differ, or the kernel is larger than the padded image.
    """
    return Convolution((0, 0), *_geometry(stride, padding, dilation))(*as_numbers((x, kernel)))


@paper_function()
def conv2d_transposed(
    y: Node,
    kernel: Node,
    *,
    size: int | Pair | None = None,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
) -> Node:
    """The transposed convolution of y (N × K × P × Q): an x (N × C × H × W) of that image size.

    By default the size is the smallest that a convolution takes to P × Q.

    Raises:
        ShapeError: a convolution does not take that size to P × Q, or the channels differ.
    """
    geometry = _geometry(stride, padding, dilation)
    if size is None and y.ndim == kernel.ndim == 4:
        size = _smallest(y.shape[2:], kernel.shape[2:], *geometry)
    whole = pair("size", 1 if size is None else size, 1)
    return TransposedConvolution(whole, *geometry)(*as_numbers((y, kernel)))


@paper_function()
def conv2d_correlation(
    x: Node,
    y: Node,
    *,
    size: int | Pair,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
) -> Node:
    """The windows of x (N × C × H × W) summed by the weights y: a kernel K × C of that size.

    Raises:
        ShapeError: a kernel of that size does not take x to the image size of y.
    """
    geometry = _geometry(stride, padding, dilation)
    return Correlation(pair("size", size, 1), *geometry)(*as_numbers((x, y)))


def _geometry(
    stride: int | Pair, padding: int | Pair, dilation: int | Pair
) -> tuple[Pair, Pair, Pair]:
    return pair("stride", stride, 1), pair("padding", padding, 0), pair("dilation", dilation, 1)


def _smallest(y: Shape, kernel: Shape, stride: Pair, padding: Pair, dilation: Pair) -> Pair:
    """The smallest image whose windows are as many as y has entries."""
    high, wide = [
        (count - 1) * step + gap * (n - 1) + 1 - 2 * border
        for count, n, step, border, gap in zip(y, kernel, stride, padding, dilation, strict=True)
    ]
    return high, wide

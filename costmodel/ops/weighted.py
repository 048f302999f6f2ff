"""What every layer ``y = W·x + b`` costs, whatever the pattern of its products."""

from __future__ import annotations

from costmodel.arith import Dim, prod
from costmodel.ops import Op, Shape
from costmodel.quantities import Cost


class Weighted(Op):
    """A convolution or linear layer: says how many weights and products it has.

    Forward, each product is one multiply-add and each bias one addition for each output.
    Backward, ``y_i += w·x_j`` gives ``dw += x_j·dy_i`` and ``dx_j += w·dy_i``: one multiply-add
    each; ``b`` gives ``db += dy_i``, one addition for each output.  The weights' gradient reads
    x and dy and writes dw and db, the input's reads dy and w and writes dx.
    """

    weighted = True

    def weights(self, x: Shape) -> Dim:
        """Elements of W."""
        raise NotImplementedError

    def biases(self) -> Dim | None:
        """Elements of b; None if there is none."""
        raise NotImplementedError

    def products(self, x: Shape, y: Shape) -> Dim:
        """Pairs (w, x) that are multiplied."""
        raise NotImplementedError

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        (x,) = xs
        biases, made = self.biases(), prod(y)
        params = self.weights(x) if biases is None else self.weights(x) + biases
        return Cost(
            params=params,
            mult_adds=self.products(x, y),
            scalar_ops=0 if biases is None else made,
            reads=prod(x) + params,
            writes=made,
            activations=made,
        )

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        (x,) = xs
        biases, made, moved = self.biases(), prod(y), prod(x)
        weights, products = self.weights(x), self.products(x, y)
        cost = Cost(
            mult_adds=products,
            scalar_ops=0 if biases is None else made,
            reads=moved + made,
            writes=weights if biases is None else weights + biases,
        )
        if not input_grad:
            return cost
        return cost + Cost(mult_adds=products, reads=made + weights, writes=moved)

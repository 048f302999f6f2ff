"""The classes that exported PyTorch code brings along where torch.nn has none."""

from __future__ import annotations

_SAME = '''
class {name}Same(nn.{name}):
    """A {what} whose zeros around x give ceil(size / stride) outputs, the odd one at the end."""

    def forward(self, x):
        pads = []
        for axis in range(x.dim() - 1, 1, -1):
            k, s, d = (v[axis - 2] if isinstance(v, tuple) else v
                       for v in (self.kernel_size, self.stride, {dilation}))
            size = int(x.shape[axis])
            short = max((math.ceil(size / s) - 1) * s + d * (k - 1) + 1 - size, 0)
            pads += [short // 2, short - short // 2]
        return super().forward(F.pad(x, pads{fill}))
'''

_CHANNEL = '''
class Channel{name}(nn.{name}):
    """Normalisation over the channels of a map."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
'''

_OTHERS = {
    "StochasticDepth": '''
class StochasticDepth(nn.Module):
    """Drops whole examples at random in training."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training or self.rate == 0.0:
            return x
        kept = torch.rand(len(x), *[1] * (x.dim() - 1), device=x.device) >= self.rate
        return x * kept / (1 - self.rate)
''',
    "Held": '''
class Held(nn.Module):
    """The input itself, beside learned numbers that no layer is known to use."""

    def __init__(self, learned):
        super().__init__()
        self.held = nn.Parameter(torch.zeros(learned))

    def forward(self, x):
        return x
''',
    "LayerScale": '''
class LayerScale(nn.Module):
    """Each channel times its own learned number; so many axes come after the channels."""

    def __init__(self, c_in, axes=0):
        super().__init__()
        self.scale = nn.Parameter(torch.full((c_in, *[1] * axes), 1e-6))

    def forward(self, x):
        return x * self.scale
''',
    "Embed": '''
class Embed(nn.Module):
    """Learned tokens put in front, and a learned vector added at each of *length* positions."""

    def __init__(self, width, tokens=0, length=0):
        super().__init__()
        self.tokens = nn.Parameter(torch.zeros(1, tokens, width)) if tokens else None
        self.positions = nn.Parameter(0.02 * torch.randn(1, length, width)) if length else None

    def forward(self, x):
        if self.tokens is not None:
            x = torch.cat([self.tokens.expand(len(x), -1, -1), x], 1)
        return x if self.positions is None else x + self.positions
''',
    "Attention": '''
class Attention(nn.Module):
    """Scaled dot-product attention; one input holds q, k and v side by side."""

    def __init__(self, heads):
        super().__init__()
        self.heads = heads

    def cut(self, *xs):
        xs = xs[0].chunk(3, -1) if len(xs) == 1 else xs
        return [x.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x in xs]

    def forward(self, *xs):
        q, k, v = self.cut(*xs)
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
''',
    "WindowAttention": '''
class WindowAttention(Attention):
    """Attention in a window, with a learned table of relative positions."""

    def __init__(self, heads, window):
        super().__init__(heads)
        a, b = window
        self.table = nn.Parameter(0.02 * torch.randn((2 * a - 1) * (2 * b - 1), heads))
        rows, columns = torch.arange(a * b) // b, torch.arange(a * b) % b
        rows = rows[:, None] - rows + a - 1
        columns = columns[:, None] - columns + b - 1
        self.register_buffer("places", rows * (2 * b - 1) + columns, persistent=False)

    def forward(self, *xs):
        q, k, v = self.cut(*xs)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        scores = scores + self.table[self.places].permute(2, 0, 1)
        return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
''',
    "SparseConv2d": '''
class SparseConv2d(nn.Module):
    """A convolution whose outputs each see only the input maps in their list."""

    def __init__(self, connections, kernel, stride=1, padding=0, dilation=1, bias=True):
        super().__init__()
        self.connections = connections
        self.convs = nn.ModuleList([
            nn.Conv2d(len(seen), 1, kernel, stride, padding, dilation, bias=bias)
            for seen in connections
        ])

    def forward(self, x):
        return torch.cat([conv(x[:, list(seen)])
                          for conv, seen in zip(self.convs, self.connections)], 1)
''',
    "Subsample": '''
class Subsample(nn.Module):
    """The sum of each window, times a learned coefficient, plus a learned bias."""

    def __init__(self, c_in, kernel, stride=None, padding=0):
        super().__init__()
        self.window = kernel, stride, padding
        self.coefficient = nn.Parameter(torch.ones(c_in, 1, 1))
        self.shift = nn.Parameter(torch.zeros(c_in, 1, 1))

    def forward(self, x):
        return F.avg_pool2d(x, *self.window, divisor_override=1) * self.coefficient + self.shift
''',
    "Rbf": '''
class Rbf(nn.Module):
    """Squared distances to fixed centres."""

    def __init__(self, c_in, out):
        super().__init__()
        self.register_buffer("centres", torch.randint(2, (out, c_in)) * 2.0 - 1.0)

    def forward(self, x):
        return (x[:, None] - self.centres).square().sum(-1)
''',
}


def part(name: str) -> str:
    """The source of the helper class *name*."""
    if name.startswith("Channel"):
        return _CHANNEL.format(name=name[len("Channel") :]).strip("\n")
    if not name.endswith("Same"):
        return _OTHERS[name].strip("\n")
    base = name[: -len("Same")]
    return _SAME.format(
        name=base,
        what="convolution" if base.startswith("Conv") else "pool",
        dilation="1" if base.startswith("Avg") else "self.dilation",
        fill=", value=-math.inf" if base.startswith("Max") else "",
    ).strip("\n")

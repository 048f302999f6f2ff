"""An example of every operator: a function of named numbers that gives it and its inputs."""

from costmodel.ops import OPS

# Values that the arguments of an example take, the i-th of each together.  In every triple
# g divides c; sizes are odd and even, larger and smaller than windows; none equals another.
VALUES = {
    "n": (1, 2, 3), "c": (4, 6, 12), "d": (5, 3, 7), "g": (2, 3, 4), "h": (11, 16, 13),
    "w": (14, 9, 17), "o": (8, 12, 4), "k": (1, 2, 4), "s": (1, 2, 3), "l": (10, 3, 8),
}  # fmt: skip


def conv_like(kind):
    def example(n, c, h, w, o, g, k):
        fields = {"out": o, "kernel": (3, k), "stride": (1, 2), "padding": (2, 1)}
        return OPS[kind](**fields, dilation=(2, 1), groups=g, bias=True), [(n, c, h, w)]

    return example


def windowed(kind, **fields):
    def example(n, c, h, w, k):
        return OPS[kind](kernel=(3, k), stride=2, **fields), [(n, c, h, w)]

    return example


def on_map(kind, **fields):
    return lambda n, c, h, w: (OPS[kind](**fields), [(n, c, h, w)])


def on_tokens(kind, **fields):
    return lambda n, l, d: (OPS[kind](**fields), [(n, l, d)])  # noqa: E741  (tokens' usual letter)


def joined(kind):
    return lambda n, c, h, w: (OPS[kind](), [(n, c, h, w), (n, c, 1, 1), (n, c, h, w)])


EXAMPLES = {
    "adaptive_avg_pool": [on_map("adaptive_avg_pool", out=(6, 4))],
    "adaptive_max_pool": [on_map("adaptive_max_pool", out=(6, 4))],
    "add": [joined("add")],
    "attention": [
        lambda n, l, c, g: (OPS["attention"](heads=g), [(n, l, 3 * c)]),  # noqa: E741
        lambda n, l, h, c, g: (  # noqa: E741
            OPS["attention"](heads=g, window=(h, 3)), [(n, l, c), (n, h, c), (n, h, 2 * c)]),
    ],
    "avg_pool": [windowed("avg_pool"), windowed("avg_pool", ceil_mode=True, padding=(1, 0))],
    "batch_norm": [on_map("batch_norm"), on_map("batch_norm", affine=False)],
    "channel_shuffle": [lambda n, c, h, w, g: (OPS["channel_shuffle"](groups=g), [(n, c, h, w)])],
    "compute": [
        lambda n, c, h, w, o, k: (
            OPS["compute"](shape=(n, o, h), steps=k, learned=c), [(n, c, h, w), (n, o, w)]),
        lambda n, c, h, w: (OPS["compute"](shape=(n, h, w)), [(n, c, h, w)]),
    ],
    "concat": [lambda n, c, d, h, w: (OPS["concat"](), [(n, c, h, w), (n, d, h, w)])],
    "constants": [lambda n, c, h, w, d: (OPS["constants"](count=d, learned=c), [(n, c, h, w)])],
    "contract": [
        lambda n, c, d, h, w: (
            OPS["contract"](shape=(n, d, h, w), inner=c, learned=c * d), [(n, c, h, w)]),
        lambda n, c, h, w: (
            OPS["contract"](shape=(n, c, h, h), inner=w), [(n, c, h, w), (n, h, w)]),
    ],
    "conv": [conv_like("conv"), lambda n, c, h, w, o, s: (
        OPS["conv"](out=o, kernel=3, stride=s, padding="same"), [(n, c, h, w)])],
    "conv_transpose": [conv_like("conv_transpose")],
    "depth_to_space": [lambda n, c, h, w, k: (
        OPS["depth_to_space"](factor=k), [(n, k**2 * c, h, w)])],
    "drop_path": [on_map("drop_path")],
    "dropout": [on_map("dropout", rate=0.5)],
    "elu": [on_map("elu")],
    "embed": [lambda n, l, d, g: (OPS["embed"](tokens=g), [(n, l, d)])],  # noqa: E741
    "embedding": [lambda n, l, d, o: (  # noqa: E741
        OPS["embedding"](rows=o, width=d), [(n, l)])],
    "expand": [
        lambda n, c, h, w: (OPS["expand"](shape=(n, c, h, w)), [(n, c, 1, 1)]),
        lambda n, c, h, w, k: (OPS["expand"](shape=(n, c, k * h, w)), [(n, c, h, w)]),
    ],
    "flatten": [on_map("flatten"), on_map("flatten", start=2)],
    "gelu": [on_map("gelu")],
    "global_avg_pool": [on_map("global_avg_pool")],
    "global_max_pool": [on_map("global_max_pool")],
    "group_norm": [lambda n, c, h, w, g: (OPS["group_norm"](groups=g), [(n, c, h, w)])],
    "h_sigmoid": [on_map("h_sigmoid")],
    "h_swish": [on_map("h_swish")],
    "identity": [on_map("identity")],
    "layer_norm": [on_map("layer_norm"), on_map("layer_norm", axis="all"),
                   on_tokens("layer_norm"), on_tokens("layer_norm", affine=False)],
    "layer_scale": [on_map("layer_scale"), on_tokens("layer_scale")],
    "leaky_relu": [on_map("leaky_relu")],
    "linear": [lambda n, c, o: (OPS["linear"](out=o), [(n, c)]),
               lambda n, l, d, o: (OPS["linear"](out=o, bias=False), [(n, l, d)]),  # noqa: E741
               lambda n, c, o: (OPS["linear"](out=o), [(n, c, 1, 1)])],
    "local_response_norm": [lambda n, c, h, w, k: (
        OPS["local_response_norm"](size=k), [(n, c, h, w)])],
    "map": [
        lambda n, c, h, w: (OPS["map"](function="sub"), [(n, c, h, w), (n, c, 1, 1)]),
        lambda n, c, h, w: (OPS["map"](function="pow"), [(n, c, 1, w), (n, c, h, w)]),
        lambda n, c, h, w: (OPS["map"](function="multiply", learned=c), [(n, c, h, w)]),
        on_map("map", function="softplus"), on_tokens("map", function="compare"),
        lambda n, c, h, w: (OPS["map"](function="max"), [(n, c, h, w)] * 3),
    ],
    "matmul": [lambda n, c, d, h, w: (OPS["matmul"](), [(n, c, h, d), (n, c, d, w)]),
               lambda n, c, d, h, w: (OPS["matmul"](), [(n, c, h, d), (n, 1, d, w)])],
    "max_pool": [windowed("max_pool"), windowed("max_pool", ceil_mode=True),
                 lambda n, c, h, w, s: (
                     OPS["max_pool"](kernel=2, stride=s, ceil_mode=True), [(n, c, h, w)])],
    "mean": [joined("mean")],
    "mish": [on_map("mish")],
    "multiply": [joined("multiply")],
    "pad_channels": [lambda n, c, h, w, d: (
        OPS["pad_channels"](out=c + d, stride=2), [(n, c, h, w)])],
    "permute": [on_map("permute", order=(0, 2, 3, 1))],
    "prelu": [on_map("prelu"), on_map("prelu", per_channel=False)],
    "rbf": [lambda n, d, o: (OPS["rbf"](out=o), [(n, d)])],
    "reduce": [
        on_map("reduce", axes=(1, -1)), on_map("reduce", axes=1, function="sum"),
        on_map("reduce", axes=(2, 3), function="max"), on_map("reduce", axes=1, function="l2"),
        on_tokens("reduce", axes=1, function="log_sum_exp"),
        on_tokens("reduce", axes=-1, function="arg"),
    ],
    "relu": [on_map("relu")],
    "relu6": [on_map("relu6")],
    "reshape": [lambda n, c, h, w: (OPS["reshape"](shape=(n, h, w * c)), [(n, c, h, w)]),
                lambda n, c, h, w: (OPS["reshape"](shape=(n * h, -1, c)), [(n, c, h, w)])],
    "rms_norm": [on_map("rms_norm"), on_tokens("rms_norm", affine=False)],
    "roll": [on_map("roll", shift=3)],
    "sigmoid": [on_map("sigmoid")],
    "slice": [lambda n, c, d, h, w: (OPS["slice"](start=d, stop=d + c), [(n, 2 * c + d, h, w)])],
    "softmax": [on_tokens("softmax")],
    "space_to_depth": [lambda n, c, h, w, k: (
        OPS["space_to_depth"](factor=k), [(n, c, k * h, k * w)])],
    "sparse_conv": [lambda n, c, h, w, k: (
        OPS["sparse_conv"](connections=[c, 2, [1, 3, 0]], kernel=(k, 2), stride=2),
        [(n, c, h, w)])],
    "subsample": [windowed("subsample", padding=1)],
    "swish": [on_map("swish")],
    "take": [
        lambda n, c, h, w, k: (OPS["take"](count=k), [(n, c, h, w)]),
        lambda n, l, d: (OPS["take"](count=d, axis=2), [(n, 5, l), (n, d)]),  # noqa: E741
    ],
    "tanh": [on_map("tanh")],
    "transpose": [on_tokens("transpose")],
    "upsample": [lambda n, c, h, w, s: (
        OPS["upsample"](scale=s, mode="bilinear"), [(n, c, h, w)]),
        lambda n, c, h, w, o: (OPS["upsample"](out=o), [(n, c, h, w)])],
    "zero_pad": [lambda n, c, h, w, k: (OPS["zero_pad"](padding=((0, k), (1, 2))), [(n, c, h, w)])],
}  # fmt: skip

"""The sides that run on PyTorch, as its users write them: plainly, with what its guide to tuning asks for, compiled."""

import copy
import itertools
import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from benchmarks.speed.settings import Setting


def halvings(setting: Setting) -> int:
    """How often an image is halved down to 4 x 4."""
    return int(math.log2(setting.shape[0] // 4))


def dcgan(setting: Setting) -> tuple[nn.Module, nn.Module]:
    """Of Radford et al. 2016, with 4 x 4 kernels and a critic without normalisation."""
    stages, width, channels = halvings(setting), setting.width, setting.shape[-1]
    most = width << (stages - 1)
    up = [nn.Linear(setting.latents, 16 * most, bias=False), nn.Unflatten(1, (most, 4, 4))]
    up += [nn.BatchNorm2d(most, eps=1e-3), nn.ReLU()]
    for stage in reversed(range(stages - 1)):
        maps = width << stage
        up += [nn.ConvTranspose2d(2 * maps, maps, 4, 2, 1, bias=False), nn.BatchNorm2d(maps, eps=1e-3), nn.ReLU()]
    up += [nn.ConvTranspose2d(width, channels, 4, 2, 1), nn.Tanh()]
    sizes = [channels, *(width << stage for stage in range(stages))]
    convs = [(nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.2)) for a, b in itertools.pairwise(sizes)]
    down = [part for pair in convs for part in pair]
    return nn.Sequential(*up), nn.Sequential(*down, nn.Flatten(), nn.Linear(16 * most, 1))


class Up(nn.Module):
    """A generator's block of SNGAN."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(maps, eps=1e-3) for _ in range(2))
        self.convs = nn.ModuleList(nn.Conv2d(maps, maps, size, padding="same") for size in (3, 3, 1))

    def forward(self, x):
        h = self.convs[0](F.interpolate(F.relu(self.norms[0](x)), scale_factor=2))
        return self.convs[1](F.relu(self.norms[1](h))) + self.convs[2](F.interpolate(x, scale_factor=2))


class Down(nn.Module):
    """A discriminator's block of SNGAN."""

    def __init__(self, before: int, maps: int, halves: bool, first: bool) -> None:
        super().__init__()
        conv = lambda a, size: spectral_norm(nn.Conv2d(a, maps, size, padding="same"))  # noqa: E731
        self.convs = nn.ModuleList([conv(before, 3), conv(maps, 3)])
        self.beside = conv(before, 1) if halves or before != maps else None
        self.halves, self.first = halves, first

    def forward(self, x):
        pool = (lambda h: F.avg_pool2d(h, 2)) if self.halves else lambda h: h
        h = pool(self.convs[1](F.relu(self.convs[0](x if self.first else F.relu(x)))))
        if self.beside is None:
            return h + x
        return h + (self.beside(pool(x)) if self.first else pool(self.beside(x)))


class Summed(nn.Module):
    """ReLU, and the sum over pixels."""

    def forward(self, x):
        return F.relu(x).sum((2, 3))


def sngan(setting: Setting) -> tuple[nn.Module, nn.Module]:
    """Of Miyato et al. 2018, table 4."""
    stages, maps, channels = halvings(setting), setting.width, setting.shape[-1]
    up = [nn.Linear(setting.latents, 16 * maps), nn.Unflatten(1, (maps, 4, 4)), *(Up(maps) for _ in range(stages))]
    up += [nn.BatchNorm2d(maps, eps=1e-3), nn.ReLU(), nn.Conv2d(maps, channels, 3, padding="same"), nn.Tanh()]
    halved = min(stages, 2)
    down = [Down(channels if i == 0 else maps, maps, i < halved, i == 0) for i in range(4)]
    return nn.Sequential(*up), nn.Sequential(*down, Summed(), spectral_norm(nn.Linear(maps, 1, bias=False)))


def mlp(setting: Setting) -> tuple[nn.Module, nn.Module]:
    """Two hidden layers each."""
    z, width, size = setting.latents, setting.width, setting.shape[0]
    lines = lambda a, b, act: [nn.Linear(a, width), act(), nn.Linear(width, width), act(), nn.Linear(width, b)]  # noqa: E731
    return nn.Sequential(*lines(z, size, nn.ReLU)), nn.Sequential(*lines(size, 1, lambda: nn.LeakyReLU(0.2)))


class Eager:
    """As tutorials have it."""

    tuned = compiled = False

    def __init__(self, setting: Setting) -> None:
        torch.manual_seed(0)
        self.setting = setting
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        nets = {"dcgan": dcgan, "sngan": sngan, "mlp": mlp}[setting.network](setting)
        channels = {"memory_format": torch.channels_last} if self.tuned and len(setting.shape) == 3 else {}
        self.generator, self.discriminator = (net.to(self.device, **channels) for net in nets)
        self.average = copy.deepcopy(self.generator).requires_grad_(False).eval()
        rates = setting.rates
        adam = {"lr": rates["learning_rate"], "betas": (rates["beta_1"], rates["beta_2"]), "eps": 1e-7}
        adam |= {"fused": True} if self.tuned else {}
        self.d_optimizer = torch.optim.Adam(self.discriminator.parameters(), **adam)
        self.g_optimizer = torch.optim.Adam(self.generator.parameters(), **adam)
        data = torch.from_numpy(setting.data())
        data = data.permute(0, 3, 1, 2).contiguous(**channels) if data.dim() == 4 else data
        self.data, self.place, self.step = data.to(self.device), 0, 0
        trained = [*self.generator.parameters(), *self.discriminator.parameters()]
        self.parameters = sum(p.numel() for p in trained if p.requires_grad)
        self.losses = self.d_loss, self.g_loss
        if self.compiled:
            self.losses = tuple(map(torch.compile, self.losses))

    def reals(self):
        """The next batch."""
        self.place = (self.place + self.setting.batch) % len(self.data)
        return self.data[self.place : self.place + self.setting.batch]

    def latents(self, num: int):
        """Normal ones."""
        return torch.randn(num, self.setting.latents, device=self.device)

    def d_loss(self, real, z):
        fake = self.generator(z).detach()
        on_reals, on_fakes = self.discriminator(real).float(), self.discriminator(fake).float()
        if self.setting.game == "sngan":
            return F.relu(1 - on_reals).mean() + F.relu(1 + on_fakes).mean()
        if self.setting.game == "gan":
            return F.softplus(-on_reals).mean() + F.softplus(on_fakes).mean()
        alpha = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
        slopes = self.slopes(alpha * real + (1 - alpha) * fake)
        norms = torch.sqrt(slopes.float().square().sum(tuple(range(1, real.dim()))) + 1e-12)
        return on_fakes.mean() - on_reals.mean() + 10 * (norms - 1).square().mean()

    def slopes(self, x):
        """The critic's gradient at each sample, to be differentiated once more."""
        if self.compiled:  # a compiled graph holds no call of autograd.grad that is differentiated again
            return torch.func.grad(lambda x: self.discriminator(x).float().sum())(x)
        x.requires_grad_(True)
        return torch.autograd.grad(self.discriminator(x).float().sum(), x, create_graph=True)[0]

    def g_loss(self, z):
        logits = self.discriminator(self.generator(z)).float()
        return F.softplus(-logits).mean() if self.setting.game == "gan" else -logits.mean()

    def play(self, rounds: int) -> None:
        """Plays so many rounds."""
        d_loss, g_loss = self.losses
        half = torch.autocast(self.device.type, torch.bfloat16, enabled=self.setting.precision == "bfloat16")
        for _ in range(rounds):
            for _ in range(self.setting.n_critic):
                with half:
                    loss = d_loss(self.reals(), self.latents(self.setting.batch))
                self.d_optimizer.zero_grad(set_to_none=True)
                loss.backward()
                self.d_optimizer.step()
            self.discriminator.requires_grad_(False)
            with half:
                loss = g_loss(self.latents(self.setting.batch))
            self.g_optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.g_optimizer.step()
            self.discriminator.requires_grad_(True)
            self.follow()
        float(loss)
        self.wait()

    @torch.no_grad()
    def follow(self) -> None:
        """Moves the average."""
        self.step += 1
        rate = 1 - min(0.999, (1 + self.step) / (10 + self.step))
        if self.tuned:
            torch._foreach_lerp_(list(self.average.parameters()), list(self.generator.parameters()), rate)
        else:
            for mean, value in zip(self.average.parameters(), self.generator.parameters(), strict=True):
                mean.lerp_(value, rate)
        for mean, value in zip(self.average.buffers(), self.generator.buffers(), strict=True):
            mean.copy_(value)

    @torch.inference_mode()
    def sample(self, num: int) -> None:
        """Makes samples."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.setting.precision == "bfloat16"):
            for start in range(0, num, 256):
                self.average(self.latents(min(256, num - start))).float().cpu().numpy()

    def wait(self) -> None:
        """For the device."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()


class Tuned(Eager):
    """channels_last, a fused Adam, the average as one operation."""

    tuned = True


class Compiled(Tuned):
    """`torch.compile` of both losses besides."""

    compiled = True

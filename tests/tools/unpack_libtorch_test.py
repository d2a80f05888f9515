"""Tests of tools/unpack_libtorch.py on small wheels made for them."""

import pathlib
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools"))
import unpack_libtorch  # noqa: E402

TORCH_FILES = [
    "torch/__init__.py", "torch/include/torch/headeronly/a.h", "torch/share/cmake/a.cmake", "torch/lib/libc10.so",
    "torch/lib/libtorch_cpu.so", "torch/lib/libgomp.so.1", "torch/lib/libtorch_cuda.so", "torch/lib/libtorch_python.so",
]
NVIDIA_FILES = [
    "nvidia/cu13/lib/libcudart.so.13", "nvidia/cu13/lib/libcufile.so.0", "nvidia/cu13/include/crt/host_config.h",
    "nvidia/cudnn/lib/libcudnn.so.9", "nvidia/cu13/lib/__init__.py",
]


class UnpackLibtorchTest(unittest.TestCase):
    def unpack(self, kind):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for wheel, files in (("torch.whl", TORCH_FILES), ("nvidia.whl", NVIDIA_FILES)):
                with zipfile.ZipFile(folder / wheel, "w") as archive:
                    for file in files:
                        archive.writestr(file, file)
            unpack_libtorch.main([kind, str(folder / "out"), str(folder / "torch.whl"), str(folder / "nvidia.whl")])
            return {str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*") if path.is_file()}

    def test_the_cpu_parts_are_headers_and_what_torch_cpu_needs(self):
        self.assertEqual(self.unpack("--cpu"), {
            "include/torch/headeronly/a.h", "share/cmake/a.cmake", "lib/libc10.so", "lib/libtorch_cpu.so",
            "lib/libgomp.so.1", "lib/libcudart.so.13",
        })

    def test_cuda_adds_the_cuda_libraries_and_headers_but_nothing_of_python(self):
        self.assertEqual(self.unpack("--cuda") - self.unpack("--cpu"), {
            "lib/libtorch_cuda.so", "lib/libcufile.so.0", "lib/libcudnn.so.9", "cuda/include/crt/host_config.h",
        })


if __name__ == "__main__":
    unittest.main()

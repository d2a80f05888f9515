"""Tests of tools/scaling_table.py, and that docs/distributed.md has what it prints."""

import contextlib
import dataclasses
import io
import pathlib
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "tools"))
import scaling_table  # noqa: E402
from scaling_table import GRADIENT_BYTES, SHAPES, Machine, Shape, step  # noqa: E402

BASE = next(shape for shape in SHAPES if shape.name == "base")


class ShapesTest(unittest.TestCase):
    def test_parameters_are_those_of_bert_for_pre_training(self):
        known = {"tiny": 4_433_468, "mini": 11_267_900, "base": 110_106_428, "large": 336_226_108}  # transformers 5.17
        self.assertEqual({shape.name: shape.num_parameters for shape in SHAPES}, known)

    def test_parameters_are_those_that_pretrain_tells(self):
        # "model: 2 layers of 16, 2 heads, vocabulary 300: 10,734 parameters", intermediate_size 32, 32 positions.
        self.assertEqual(Shape("odd", 2, 16, vocabulary=300, positions=32, intermediate=32).num_parameters, 10_734)

    def test_small_layers_share_a_bucket_and_the_last_layer_goes_first(self):
        self.assertEqual(Shape("tiny", 2, 128).buckets, [[1, 0]])
        self.assertEqual(Shape("mini", 4, 256).buckets, [[3, 2], [1, 0]])
        self.assertEqual(BASE.buckets, [[layer] for layer in reversed(range(12))])

    def test_what_is_sent_late_and_the_buckets_are_the_whole_gradient(self):
        for shape in SHAPES:
            in_buckets = sum(len(bucket) for bucket in shape.buckets) * shape.layer_matrices
            self.assertEqual(in_buckets + shape.rest, shape.num_parameters)

    def test_flops_are_three_forward_passes_over_the_matrices_and_the_masked_rows(self):
        one = Shape("one", 1, 8, vocabulary=100, intermediate=16)
        layer = 2 * (4 * 64 + 2 * 128) + 2 * 2 * 20 * 8  # Matrices; queries with keys, weights with values.
        head = 3 / 20 * 2 * (64 + 800)  # Three of twenty tokens.
        self.assertAlmostEqual(one.flops_a_token(20), 3 * (layer + head))


class ModelTest(unittest.TestCase):
    def test_a_ring_sends_all_but_a_share_twice(self):
        self.assertEqual(scaling_table.bytes_sent(80, 8), 140)
        self.assertEqual(scaling_table.bytes_sent(80, 1), 0)

    def test_one_gpu_exchanges_nothing(self):
        alone = step(BASE, 256, 128, 1, Machine())
        self.assertEqual((alone.exchange, alone.waited, alone.small_sums), (0, 0, 0))
        self.assertEqual(scaling_table.efficiency(BASE, 256, 128, 1, Machine(), True), 1)

    def test_between_nodes_the_network_decides(self):
        machine = Machine(node_microseconds=1e-9, network_microseconds=1e-9, network_gigabits=80, network_share=0.5)
        self.assertAlmostEqual(scaling_table.sum_seconds(1e9, 16, machine), 1e9 * 2 * 15 / 16 / 5e9, places=6)
        self.assertAlmostEqual(scaling_table.sum_seconds(1e9, 8, machine), 1e9 * 2 * 7 / 8 / 300e9, places=6)

    def test_few_messages_go_in_a_ring_and_many_in_a_tree(self):
        machine = Machine(node_microseconds=1, network_microseconds=10)
        self.assertAlmostEqual(scaling_table.sum_seconds(0, 4, machine), 6e-6)
        self.assertAlmostEqual(scaling_table.sum_seconds(0, 1024, machine), (14 + 2 * 7 * 10) * 1e-6)

    def test_what_is_sent_late_is_never_hidden_and_the_rest_is_where_computing_takes_longer(self):
        slow_gpu = Machine(peak_teraflops=1)
        here = step(BASE, 256, 128, 8, slow_gpu)
        late = scaling_table.sum_seconds(BASE.rest * GRADIENT_BYTES, 8, slow_gpu)
        last = scaling_table.sum_seconds(BASE.layer_matrices * GRADIENT_BYTES, 8, slow_gpu)
        self.assertAlmostEqual(here.waited, late + last)  # The first layer's is done when the backward pass is.
        fast_gpu = step(BASE, 256, 128, 8, dataclasses.replace(slow_gpu, peak_teraflops=1e6, layer_microseconds=1e-6, step_microseconds=1e-6))
        self.assertAlmostEqual(fast_gpu.waited, fast_gpu.exchange, places=4)

    def test_parts_of_a_batch_leave_less_time_to_hide_in(self):
        one, many = (step(BASE, 4096, 128, 16, Machine(network_gigabits=10, micro_batch_tokens=tokens)) for tokens in (1 << 20, 1 << 12))
        self.assertLess(one.waited, many.waited)

    def test_the_bandwidth_that_is_needed_suffices_and_less_does_not(self):
        needed = scaling_table.bandwidth_needed(BASE, 32768, 128, 64, Machine(), 0.9)
        for factor, suffices in ((1.01, True), (0.99, False)):
            here = step(BASE, 32768, 128, 64, Machine(network_gigabits=factor * needed))
            self.assertEqual(here.waited <= 0.1 * here.total_without_small_sums, suffices)

    def test_no_bandwidth_suffices_where_the_nodes_alone_take_too_long(self):
        self.assertIsNone(scaling_table.bandwidth_needed(BASE, 1024, 128, 1024, Machine(), 0.9))

    def test_small_sums_go_around_twice(self):
        self.assertAlmostEqual(scaling_table.small_sums_seconds(1024, Machine(sum_microseconds=25)), 3 * 2 * 1023 * 25e-6)


class PageTest(unittest.TestCase):
    def run_tool(self, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(io.StringIO()) as errors:
            code = scaling_table.main(list(arguments))
        return code, output.getvalue(), errors.getvalue()

    def test_the_manual_has_what_the_tool_prints(self):
        page = (REPOSITORY / "docs" / "distributed.md").read_text(encoding="utf-8")
        self.assertTrue(scaling_table.with_tables(page, self.run_tool()[1]) == page,
                        "docs/distributed.md is old: tools/scaling_table.py --page docs/distributed.md")

    def test_rows_have_as_many_cells_as_their_heads(self):
        columns = 0
        for line in self.run_tool()[1].splitlines():
            if not line.startswith("|"):
                columns = 0
                continue
            columns = columns or line.count("|")
            self.assertEqual(line.count("|"), columns, line)

    def test_a_batch_of_fewer_sequences_than_gpus_has_no_figure(self):
        row = next(line for line in self.run_tool()[1].splitlines() if line.startswith("| base, 256 × 128"))
        self.assertTrue(row.endswith("|  |"), row)

    def test_options_are_what_is_assumed(self):
        _, text, _ = self.run_tool("--peak-teraflops", "312", "--peak-share", "0.5", "--network-gigabits", "25")
        self.assertIn("156 TFLOP/s in products, 50 % of a peak of 312", text)
        self.assertIn("**25 Gbit/s a node.**", text)
        self.assertNotIn("**100 Gbit/s a node.**", text)

    def test_a_page_is_rewritten_between_its_marks_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "page.md"
            page.write_text(f"before\n{scaling_table.BEGIN}\nold\n{scaling_table.END}\nafter\n", encoding="utf-8")
            self.assertEqual(self.run_tool("--page", str(page)), (0, "", ""))
            text = page.read_text(encoding="utf-8")
            self.assertTrue(text.startswith(f"before\n{scaling_table.BEGIN}\nAssumed:"))
            self.assertTrue(text.endswith(f"GPUs.\n{scaling_table.END}\nafter\n"))
            self.assertNotIn("old", text)

    def test_a_page_without_marks_is_refused_and_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "page.md"
            page.write_text("nothing\n", encoding="utf-8")
            code, _, errors = self.run_tool("--page", str(page))
            self.assertEqual(code, 2)
            self.assertIn("must stand in it", errors)
            self.assertEqual(page.read_text(encoding="utf-8"), "nothing\n")

    def test_zero_is_refused(self):
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as errors:
            scaling_table.main(["--gpus-a-node", "0"])
        self.assertIn("--gpus-a-node must be above 0", errors.getvalue())


if __name__ == "__main__":
    unittest.main()

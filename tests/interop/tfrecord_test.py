"""`build --static` writes TFRecord files that TensorFlow reads: each example is the one that the JSONL file has, padded."""

import json
import pathlib
import subprocess
import sys

LENGTH, PREDICTIONS = 64, 10
READER = pathlib.Path(__file__).with_name("read_tfrecords.py")


def filled(values, size):
    return values + [0] * (size - len(values))


def test_tensorflow_reads_every_instance(bertforge, shared, tmp_path):
    text = shared / "oracle" / "builder" / "sample_text.txt"
    vocabulary = tmp_path / "vocabulary"
    bertforge("vocab", text, "--size", 300, "--output", vocabulary)
    files = [tmp_path / name for name in ("instances.tfrecord", "instances.jsonl")]
    for file in files:
        bertforge("build", text, "--vocab", vocabulary, "--static", "--output", file, "--max-seq-length", LENGTH,
                  "--max-predictions-per-seq", PREDICTIONS, "--dupe-factor", 3, "--masking", "whole_word")
    done = subprocess.run([sys.executable, str(READER), str(files[0]), str(LENGTH), str(PREDICTIONS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    examples = [json.loads(line) for line in done.stdout.splitlines()]
    instances = [json.loads(line) for line in files[1].read_text().splitlines()]
    assert len(examples) == len(instances) > 10
    for example, instance in zip(examples, instances):
        assert example == {
            "input_ids": filled(instance["ids"], LENGTH),
            "input_mask": filled([1] * len(instance["ids"]), LENGTH),
            "segment_ids": filled(instance["segment_ids"], LENGTH),
            "masked_lm_positions": filled(instance["masked_positions"], PREDICTIONS),
            "masked_lm_ids": filled(instance["masked_labels"], PREDICTIONS),
            "masked_lm_weights": filled([1.0] * len(instance["masked_positions"]), PREDICTIONS),
            "next_sentence_labels": [int(instance["is_random_next"])],
        }

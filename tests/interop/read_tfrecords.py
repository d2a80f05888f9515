"""Prints the examples of a TFRecord file, a JSON object a line, as TensorFlow's own parser reads them.

    read_tfrecords.py FILE MAX_SEQ_LENGTH MAX_PREDICTIONS_PER_SEQ

Names, types and shapes are those that google-research/bert's run_pretraining.py asks for. A process of its own: TensorFlow and
PyTorch need not meet in one.
"""

import json
import sys

import tensorflow as tf


def main() -> None:
    file, length, predictions = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    features = {
        "input_ids": tf.io.FixedLenFeature([length], tf.int64),
        "input_mask": tf.io.FixedLenFeature([length], tf.int64),
        "segment_ids": tf.io.FixedLenFeature([length], tf.int64),
        "masked_lm_positions": tf.io.FixedLenFeature([predictions], tf.int64),
        "masked_lm_ids": tf.io.FixedLenFeature([predictions], tf.int64),
        "masked_lm_weights": tf.io.FixedLenFeature([predictions], tf.float32),
        "next_sentence_labels": tf.io.FixedLenFeature([1], tf.int64),
    }
    for record in tf.data.TFRecordDataset(file):
        example = tf.io.parse_single_example(record, features)
        print(json.dumps({name: value.numpy().tolist() for name, value in example.items()}))


if __name__ == "__main__":
    main()

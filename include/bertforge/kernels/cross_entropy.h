#pragma once
// Cross-entropy of rows of logits against labels, and its gradient in the logits' place: the masked-LM head's end.
//
//   P  rows to predict   V  classes (the vocabulary)   S  elements from one row to the next, V or more

#include <cstdint>

namespace bertforge {

template <class T>
struct CrossEntropy {
  std::int64_t num_classes = 0;  // V
  std::int64_t stride = 0;       // S
  T* logits = nullptr;           // [P, S] without bias; becomes softmax - one_hot(label) where gradients are wanted
  const T* bias = nullptr;       // [V]
  const std::int64_t* labels = nullptr;  // [P], below V
  float* losses = nullptr;               // [P] in nats
  std::int64_t* predictions = nullptr;   // [P] the most likely class, the first of equal ones
  float* bias_gradient = nullptr;  // [V]: the sums over the rows of this call are added; null: no gradients are wanted
};

}  // namespace bertforge

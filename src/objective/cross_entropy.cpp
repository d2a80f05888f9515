#include "cross_entropy.h"

#include <torch/types.h>

namespace bertforge {

LossTerm cross_entropy_term(std::string name, const at::Tensor& logits, const at::Tensor& labels) {
  const auto exact = at::isReducedFloatingType(logits.scalar_type()) ? logits.to(at::kFloat) : logits;
  LossTerm term;
  term.name = std::move(name);
  term.sum = at::cross_entropy_loss(exact, labels, {}, at::Reduction::Sum);
  term.count = labels.size(0);
  term.predictions = exact.detach().argmax(-1);
  term.labels = labels;
  return term;
}

}  // namespace bertforge

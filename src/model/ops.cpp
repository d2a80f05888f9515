#include "bertforge/model/ops.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/base/round_up.h"

namespace bertforge {
namespace {

// The rows of x as the kernel names them: the last dimension is the row, the first the sequence.
struct RowLayout {
  std::int64_t rows_per_sequence, queries, length;
  bool is_attention;

  explicit RowLayout(const at::Tensor& x)
      : rows_per_sequence(x.numel() / (x.size(0) * x.size(-1))),
        queries(x.size(-2)),
        length(x.size(-1)),
        is_attention(x.dim() == 4) {}

  std::uint32_t row_id(std::int64_t row_in_sequence) const {
    if (!is_attention) return static_cast<std::uint32_t>(row_in_sequence);
    return attention_row(static_cast<std::uint32_t>(row_in_sequence / queries),
                         static_cast<std::uint32_t>(row_in_sequence % queries));
  }
};

template <class T>
void drop_rows(const at::Tensor& x, at::Tensor& y, double probability, const DropoutKey& key,
               std::int64_t first_example) {
  const RowLayout layout(x);
  const T* const from = static_cast<const T*>(x.const_data_ptr());
  T* const to = static_cast<T*>(y.mutable_data_ptr());
  at::parallel_for(0, x.numel() / layout.length, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const auto example = static_cast<std::uint32_t>(first_example + row / layout.rows_per_sequence);
      dropout_row(key, example, layout.row_id(row % layout.rows_per_sequence), probability, layout.length,
                  from + row * layout.length, to + row * layout.length);
    }
  });
}

// Float and bfloat16 on the CPU go through the kernel.
at::Tensor apply_dropout(const at::Tensor& x, double probability, const DropoutKey& key, std::int64_t first_example) {
  const auto input = x.contiguous();
  const bool has_kernel = input.is_cpu() && (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16);
  if (!has_kernel) return plain_dropout(input, probability, key, first_example);
  auto output = at::empty_like(input);
  if (input.scalar_type() == at::kFloat) {
    drop_rows<float>(input, output, probability, key, first_example);
  } else {
    drop_rows<Bfloat16>(input, output, probability, key, first_example);
  }
  return output;
}

// The backward pass is the forward pass on the gradient: the mask is drawn again, not kept.
struct DropoutFunction : torch::autograd::Function<DropoutFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, double probability,
                            std::int64_t key, std::int64_t layer_and_site, std::int64_t first_example) {
    context->saved_data["probability"] = probability;
    context->saved_data["key"] = key;
    context->saved_data["layer_and_site"] = layer_and_site;
    context->saved_data["first_example"] = first_example;
    return apply_dropout(x, probability, unpack(key, layer_and_site), first_example);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const DropoutKey key = unpack(context->saved_data["key"].toInt(), context->saved_data["layer_and_site"].toInt());
    const auto gradient = apply_dropout(gradients[0], context->saved_data["probability"].toDouble(), key,
                                        context->saved_data["first_example"].toInt());
    return {gradient, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }

  static std::int64_t pack(const DropoutKey& key) {
    return (std::int64_t{key.layer} << 8) | static_cast<std::int64_t>(key.site);
  }
  static DropoutKey unpack(std::int64_t key, std::int64_t layer_and_site) {
    return {.key = static_cast<std::uint64_t>(key),
            .layer = static_cast<std::uint32_t>(layer_and_site >> 8),
            .site = static_cast<DropoutSite>(layer_and_site & 0xff)};
  }
};

struct LookupFunction : torch::autograd::Function<LookupFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& weight, const at::Tensor& ids,
                            std::int64_t padding_index) {
    context->save_for_backward({ids});
    context->saved_data["padding_index"] = padding_index;
    context->saved_data["num_rows"] = weight.size(0);
    context->saved_data["type"] = weight.scalar_type();
    const auto rows = at::embedding(weight, ids);
    return at::isReducedFloatingType(weight.scalar_type()) ? rows.to(at::kFloat) : rows;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto ids = context->get_saved_variables()[0];
    const auto sum = at::embedding_dense_backward(gradients[0], ids, context->saved_data["num_rows"].toInt(),
                                                  context->saved_data["padding_index"].toInt(), false);
    return {sum.to(context->saved_data["type"].toScalarType()), at::Tensor(), at::Tensor()};
  }
};

struct NamedActivation {
  const char* name;
  Activation activation;
  ActivationKind kind;
};

at::Tensor tanh_gelu(const at::Tensor& x) { return at::gelu(x, "tanh"); }

// A new activation is a line here.
constexpr NamedActivation kActivations[] = {
    {"gelu", [](const at::Tensor& x) { return at::gelu(x); }, ActivationKind::kGelu},
    {"gelu_new", tanh_gelu, ActivationKind::kGeluTanh},
    {"gelu_pytorch_tanh", tanh_gelu, ActivationKind::kGeluTanh},
    {"relu", [](const at::Tensor& x) { return at::relu(x); }, ActivationKind::kRelu},
    {"silu", [](const at::Tensor& x) { return at::silu(x); }, ActivationKind::kSilu},
    {"tanh", [](const at::Tensor& x) { return at::tanh(x); }, ActivationKind::kTanh},
};

const NamedActivation& find_named(const std::string& name) {
  for (const NamedActivation& known : kActivations) {
    if (name == known.name) return known;
  }
  const std::string nearest = nearest_name(name, activation_names());
  fail(ErrorKind::kUsage, "hidden_act \"", name, "\" is not an activation",
       nearest.empty() ? std::string("; gelu is the usual one") : concat("; did you mean ", nearest, "?"));
}

}  // namespace

at::Tensor dropout(const at::Tensor& x, double probability, const DropoutKey& key, std::int64_t first_example) {
  if (quantized_dropout_probability(probability) == 0) return x;
  BERTFORGE_CHECK(x.dim() == 3 || x.dim() == 4, "dropout knows [B, T, H] and [B, A, T, T]");
  return DropoutFunction::apply(x, probability, static_cast<std::int64_t>(key.key), DropoutFunction::pack(key),
                                first_example);
}

at::Tensor embedding_lookup(const at::Tensor& weight, const at::Tensor& ids, std::int64_t padding_index) {
  return LookupFunction::apply(weight, ids, padding_index);
}

at::Tensor padded_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, std::int64_t unit) {
  const std::int64_t size = weight.size(0), missing = round_up(size, unit) - size;
  if (missing == 0) return at::linear(x, weight, bias);
  const auto padded = at::constant_pad_nd(weight, {0, 0, 0, missing});
  return at::linear(x, padded, at::constant_pad_nd(bias, {0, missing})).narrow(1, 0, size);
}

Activation find_activation(const std::string& name) { return find_named(name).activation; }

ActivationKind find_activation_kind(const std::string& name) { return find_named(name).kind; }

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const NamedActivation& known : kActivations) names.emplace_back(known.name);
  return names;
}

}  // namespace bertforge

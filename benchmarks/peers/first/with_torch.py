import torch

W = torch.tensor([[1.0, -2.0], [2.0, 5.0]], dtype=torch.float64, requires_grad=True)
U = torch.tensor([[3.0, -3.0], [-1.0, 1.0]], dtype=torch.float64, requires_grad=True)
x = torch.tensor([[2.0, 1.0]], dtype=torch.float64)
torch.nn.functional.cross_entropy(torch.relu(x @ W) @ U, torch.tensor([1])).backward()
for found in (W.grad, U.grad):
    print(*found.ravel().tolist())

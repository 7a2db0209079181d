"""What was learnt: a folder per model, with its weights, the code that reads them, and a card that says what it is good for."""

module rushbench/dev/bench/accuracy

go 1.24

module handler/faas

go 1.24

module civitas.dev/pause

go 1.24

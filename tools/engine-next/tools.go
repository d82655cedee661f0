//go:build tools

// Package tools keeps the engine's command among the modules of go.mod.
package tools

import _ "github.com/cometbft/cometbft/cmd/cometbft"

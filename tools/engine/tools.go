//go:build tools

// Keeps the engine's own command among this module's requirements.
package tools

import (
	_ "github.com/cometbft/cometbft/cmd/cometbft"
)

package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/types"
)

// What the node shows is verified from the genesis on and may be of any age: the light client's own period must not end it.
const trustPeriod = 10 * 365 * 24 * time.Hour

const bootstrapUsage = "handover bootstrap HOME HEIGHT APPHASH TRUSTHASH SERVER,SERVER < genesis.json"

// bootstrap lets the engine begin after a height that the application has from elsewhere: state and commit of that height, verified by the
// engine's light client against the servers, go into the empty stores of the home. The sign state is left as it is.
func bootstrap(args []string, genesis io.Reader) (int64, error) {
	if len(args) != 5 {
		return 0, errors.New("usage: " + bootstrapUsage)
	}
	height, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil || height < 1 {
		return 0, fmt.Errorf("%q is no height", args[1])
	}
	appHash, err := hex.DecodeString(args[2])
	if err != nil || len(appHash) != 32 {
		return 0, errors.New("APPHASH is not 32 bytes in hexadecimal")
	}
	text, err := io.ReadAll(genesis)
	if err != nil {
		return 0, err
	}
	document, err := types.GenesisDocFromJSON(text)
	if err != nil {
		return 0, fmt.Errorf("genesis: %w", err)
	}
	settings := config.DefaultConfig().SetRoot(args[0])
	settings.StateSync.TrustHeight = height
	settings.StateSync.TrustHash = args[3]
	settings.StateSync.TrustPeriod = trustPeriod
	settings.StateSync.RPCServers = strings.Split(args[4], ",")
	given := func() (*types.GenesisDoc, error) { return document, nil }
	return height, node.BootstrapStateWithGenProvider(context.Background(), settings, nil, given, uint64(height), appHash)
}

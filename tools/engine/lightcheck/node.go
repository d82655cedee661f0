package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cometbft/cometbft/abci/example/kvstore"
	abci "github.com/cometbft/cometbft/abci/types"
	cmd "github.com/cometbft/cometbft/cmd/cometbft/commands"
	cfg "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/libs/cli"
	"github.com/cometbft/cometbft/libs/log"
	nm "github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
)

// rootedStore is the kvstore example with an app hash of 32 bytes: its own has eight, and our headers carry state roots only.
type rootedStore struct{ *kvstore.Application }

func rootOf(hash []byte) []byte {
	root := sha256.Sum256(hash)
	return root[:]
}

func (a rootedStore) Info(ctx context.Context, r *abci.RequestInfo) (*abci.ResponseInfo, error) {
	answer, err := a.Application.Info(ctx, r)
	if err == nil && answer.LastBlockHeight > 0 {
		answer.LastBlockAppHash = rootOf(answer.LastBlockAppHash)
	}
	return answer, err
}

func (a rootedStore) InitChain(ctx context.Context, r *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	answer, err := a.Application.InitChain(ctx, r)
	if err == nil {
		answer.AppHash = rootOf(answer.AppHash)
	}
	return answer, err
}

func (a rootedStore) FinalizeBlock(ctx context.Context, r *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	answer, err := a.Application.FinalizeBlock(ctx, r)
	if err == nil {
		answer.AppHash = rootOf(answer.AppHash)
	}
	return answer, err
}

func newNode(config *cfg.Config, logger log.Logger) (*nm.Node, error) {
	nodeKey, err := p2p.LoadOrGenNodeKey(config.NodeKeyFile())
	if err != nil {
		return nil, fmt.Errorf("node key: %w", err)
	}
	app := rootedStore{kvstore.NewPersistentApplication(filepath.Join(config.DBDir(), "app"))}
	return nm.NewNode(config, privval.LoadOrGenFilePV(config.PrivValidatorKeyFile(), config.PrivValidatorStateFile()), nodeKey,
		proxy.NewLocalClientCreator(app), nm.DefaultGenesisDocProviderFunc(config), cfg.DefaultDBProvider,
		nm.DefaultMetricsProvider(config.Instrumentation), logger)
}

func runNode() {
	root := cmd.RootCmd
	root.AddCommand(cmd.NewRunNodeCmd(newNode))
	home := os.ExpandEnv(filepath.Join("$HOME", cfg.DefaultTendermintDir))
	if err := cli.PrepareBaseCmd(root, "CMT", home).Execute(); err != nil {
		os.Exit(1)
	}
}

// Command handover writes a chain that the embedded engine made into the stores of a CometBFT home, so that CometBFT continues it.
//
//	handover HOME < chain.jsonl
//	handover bootstrap HOME HEIGHT APPHASH TRUSTHASH SERVER,SERVER < genesis.json
//
// The second form is for a node whose application was restored from a backup: see bootstrap.go. Of the first:
//
// Standard input holds one JSON object a line: first every block from height 1 on, {"block", "lightBlock"}, both protocol buffers in
// base64, then one closing line {"appHash", "resultsHash", "appVersion"} with what the application answered for the last. Every block is
// checked as a stranger's would be: form, hash, order, and a commit with more than two thirds of the genesis validators' power.
// It exits 1 and says which height and why when something does not hold; the home's stores must be empty, so that a second run or a
// home that already lives is refused. The sign state is set to the last height: the key never signs there again.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
	"github.com/cometbft/cometbft/types"
)

// A block of 4 MiB in base64, with its light block and the JSON around them.
const lineBytesMax = 8 << 20

const stepPrecommit int8 = 3

type line struct {
	Block       string `json:"block"`
	LightBlock  string `json:"lightBlock"`
	AppHash     string `json:"appHash"`
	ResultsHash string `json:"resultsHash"`
	AppVersion  uint64 `json:"appVersion"`
}

// chain is a CometBFT home being filled, block after block.
type chain struct {
	home   string
	blocks *store.BlockStore
	states sm.Store
	state  sm.State
	// The newest block: it is stored with the hashes that only the next line can tell.
	last *types.Block
}

func main() {
	if len(os.Args) < 2 || (len(os.Args) > 2 && os.Args[1] != "bootstrap") {
		fmt.Fprintln(os.Stderr, "usage: handover HOME < chain.jsonl |", bootstrapUsage)
		os.Exit(2)
	}
	var height int64
	var err error
	if len(os.Args) == 2 {
		height, err = run(os.Args[1])
	} else {
		height, err = bootstrap(os.Args[2:], os.Stdin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "handover:", err)
		os.Exit(1)
	}
	fmt.Println(height)
}

func run(home string) (height int64, err error) {
	data := filepath.Join(home, "data")
	blockDB, err := dbm.NewGoLevelDB("blockstore", data)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, blockDB.Close()) }()
	stateDB, err := dbm.NewGoLevelDB("state", data)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, stateDB.Close()) }()
	c, err := openChain(home, blockDB, stateDB)
	if err != nil {
		return 0, err
	}
	if err := c.read(bufio.NewScanner(os.Stdin)); err != nil {
		return 0, err
	}
	return c.last.Height, c.keepSignState()
}

func openChain(home string, blockDB, stateDB dbm.DB) (*chain, error) {
	c := &chain{home: home, blocks: store.NewBlockStore(blockDB), states: sm.NewStore(stateDB, sm.StoreOptions{})}
	if height := c.blocks.Height(); height != 0 {
		return nil, fmt.Errorf("%s already holds blocks up to %d; expected an empty home", home, height)
	}
	genesis, err := types.GenesisDocFromFile(filepath.Join(home, "config", "genesis.json"))
	if err != nil {
		return nil, err
	}
	c.state, err = sm.MakeGenesisState(genesis)
	if err != nil {
		return nil, err
	}
	return c, c.states.Save(c.state)
}

func (c *chain) read(lines *bufio.Scanner) error {
	lines.Buffer(make([]byte, 0, 1<<20), lineBytesMax)
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return fmt.Errorf("input is not one JSON object a line: %w", err)
		}
		if l.Block == "" {
			return c.close(l)
		}
		if err := c.append(l); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return errors.New("input ended without the closing line")
}

// append checks a block against the chain so far and stores it with its commit.
func (c *chain) append(l line) error {
	block, commit, err := decode(l)
	if err != nil {
		return err
	}
	if c.last != nil {
		if err := c.advance(block.AppHash, block.LastResultsHash, block.Version.App); err != nil {
			return err
		}
	} else {
		c.state.AppHash, c.state.LastResultsHash = block.AppHash, block.LastResultsHash
	}
	if want := c.state.LastBlockHeight + 1; block.Height != want {
		return fmt.Errorf("block %d where %d was expected", block.Height, want)
	}
	if !block.LastBlockID.Equals(c.state.LastBlockID) || !bytes.Equal(block.ValidatorsHash, c.state.Validators.Hash()) {
		return fmt.Errorf("block %d does not follow block %d", block.Height, c.state.LastBlockHeight)
	}
	parts, err := block.MakePartSet(types.BlockPartSizeBytes)
	if err != nil {
		return err
	}
	id := types.BlockID{Hash: block.Hash(), PartSetHeader: parts.Header()}
	if err := c.state.Validators.VerifyCommit(c.state.ChainID, id, block.Height, commit); err != nil {
		return fmt.Errorf("commit of block %d: %w", block.Height, err)
	}
	c.blocks.SaveBlock(block, parts, commit)
	c.last = block
	return nil
}

func decode(l line) (*types.Block, *types.Commit, error) {
	var blockPB cmtproto.Block
	if err := unmarshal(l.Block, blockPB.Unmarshal); err != nil {
		return nil, nil, fmt.Errorf("block: %w", err)
	}
	block, err := types.BlockFromProto(&blockPB)
	if err != nil {
		return nil, nil, fmt.Errorf("block: %w", err)
	}
	if err := block.ValidateBasic(); err != nil {
		return nil, nil, fmt.Errorf("block %d: %w", block.Height, err)
	}
	var lightPB cmtproto.LightBlock
	if err := unmarshal(l.LightBlock, lightPB.Unmarshal); err != nil {
		return nil, nil, fmt.Errorf("light block of %d: %w", block.Height, err)
	}
	light, err := types.LightBlockFromProto(&lightPB)
	if err != nil {
		return nil, nil, fmt.Errorf("light block of %d: %w", block.Height, err)
	}
	return block, light.Commit, nil
}

func unmarshal(text string, into func([]byte) error) error {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	return into(raw)
}

// advance moves the state past the newest block, as executing it would have done: the validators stay the genesis validators.
// appVersion is what the next header carries: it changes where the ledger activated another protocol version.
func (c *chain) advance(appHash, resultsHash []byte, appVersion uint64) error {
	parts, err := c.last.MakePartSet(types.BlockPartSizeBytes)
	if err != nil {
		return err
	}
	next := c.state.Copy()
	next.LastBlockHeight = c.last.Height
	next.LastBlockID = types.BlockID{Hash: c.last.Hash(), PartSetHeader: parts.Header()}
	next.LastBlockTime = c.last.Time
	next.LastValidators = c.state.Validators.Copy()
	next.Validators = c.state.NextValidators.Copy()
	next.NextValidators = c.state.NextValidators.Copy()
	next.NextValidators.IncrementProposerPriority(1)
	next.AppHash, next.LastResultsHash = appHash, resultsHash
	if appVersion != c.state.Version.Consensus.App {
		next.Version.Consensus.App = appVersion
		next.ConsensusParams.Version.App = appVersion
		next.LastHeightConsensusParamsChanged = c.last.Height + 1
	}
	c.state = next
	return c.states.Save(next)
}

func (c *chain) close(l line) error {
	if c.last == nil {
		return errors.New("the chain has no block")
	}
	appHash, err := base64.StdEncoding.DecodeString(l.AppHash)
	if err != nil || len(appHash) != 32 {
		return errors.New("closing line: appHash is not 32 bytes in base64")
	}
	resultsHash, err := base64.StdEncoding.DecodeString(l.ResultsHash)
	if err != nil || len(resultsHash) != 32 {
		return errors.New("closing line: resultsHash is not 32 bytes in base64")
	}
	return c.advance(appHash, resultsHash, l.AppVersion)
}

func (c *chain) keepSignState() error {
	config := filepath.Join(c.home, "config", "priv_validator_key.json")
	signer := privval.LoadFilePVEmptyState(config, filepath.Join(c.home, "data", "priv_validator_state.json"))
	signer.LastSignState.Height = c.last.Height
	signer.LastSignState.Round = 0
	signer.LastSignState.Step = stepPrecommit
	signer.LastSignState.Save()
	return nil
}

package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/light/provider"
	"github.com/cometbft/cometbft/light/provider/mock"
	dbs "github.com/cometbft/cometbft/light/store/db"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
)

// Bytes are base64url without padding; light blocks and blocks are tendermint.types messages.
type request struct {
	// commit: one light block alone. adjacent, skipping: Next after Trusted. block: a block beside its light block Next and the
	// one before it. client: CometBFT's whole light client from the first of LightBlocks to the last.
	Check   string `json:"check"`
	ChainID string `json:"chainId"`
	Trusted string `json:"trusted"`
	// The set that Trusted announced, as the light block right after it; skipping only.
	TrustedNext string   `json:"trustedNext"`
	Next        string   `json:"next"`
	Block       string   `json:"block"`
	LightBlocks []string `json:"lightBlocks"`
	// Sequential instead of skipping; client only.
	Sequential bool  `json:"sequential"`
	NowUnixMs  int64 `json:"nowUnixMs"`
}

type verdict struct {
	// Empty when accepted.
	Error string `json:"error"`
}

const (
	trustPeriod = 24 * time.Hour
	clockDrift  = 10 * time.Second
)

func lightBlockOf(text string) (*types.LightBlock, error) {
	bz, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	var p cmtproto.LightBlock
	if err := p.Unmarshal(bz); err != nil {
		return nil, fmt.Errorf("unmarshal: %w", err)
	}
	return types.LightBlockFromProto(&p)
}

// What a light client's provider checks before the client sees a light block.
func provided(text, chainID string) (*types.LightBlock, error) {
	lb, err := lightBlockOf(text)
	if err != nil {
		return nil, err
	}
	return lb, lb.ValidateBasic(chainID)
}

func checkCommit(r request) error {
	lb, err := provided(r.Next, r.ChainID)
	if err != nil {
		return err
	}
	return lb.ValidatorSet.VerifyCommit(r.ChainID, lb.Commit.BlockID, lb.Height, lb.Commit)
}

func checkAdjacent(r request) error {
	trusted, err := provided(r.Trusted, r.ChainID)
	if err != nil {
		return fmt.Errorf("trusted: %w", err)
	}
	next, err := provided(r.Next, r.ChainID)
	if err != nil {
		return err
	}
	return light.VerifyAdjacent(trusted.SignedHeader, next.SignedHeader, next.ValidatorSet, trustPeriod, time.UnixMilli(r.NowUnixMs), clockDrift)
}

func checkSkipping(r request) error {
	trusted, err := provided(r.Trusted, r.ChainID)
	if err != nil {
		return fmt.Errorf("trusted: %w", err)
	}
	announced, err := provided(r.TrustedNext, r.ChainID)
	if err != nil {
		return fmt.Errorf("trustedNext: %w", err)
	}
	next, err := provided(r.Next, r.ChainID)
	if err != nil {
		return err
	}
	return light.VerifyNonAdjacent(trusted.SignedHeader, announced.ValidatorSet, next.SignedHeader, next.ValidatorSet, trustPeriod,
		time.UnixMilli(r.NowUnixMs), clockDrift, light.DefaultTrustLevel)
}

func checkBlock(r request) error {
	lb, err := provided(r.Next, r.ChainID)
	if err != nil {
		return err
	}
	bz, err := base64.RawURLEncoding.DecodeString(r.Block)
	if err != nil {
		return err
	}
	var pb cmtproto.Block
	if err := pb.Unmarshal(bz); err != nil {
		return fmt.Errorf("unmarshal: %w", err)
	}
	// Checks data hash, last commit hash and evidence hash against the header.
	b, err := types.BlockFromProto(&pb)
	if err != nil {
		return err
	}
	if err := b.ValidateBasic(); err != nil {
		return err
	}
	// Of the bytes as they came: that is what validators gossip and vote on.
	parts := types.NewPartSetFromData(bz, types.BlockPartSizeBytes)
	if id := (types.BlockID{Hash: b.Hash(), PartSetHeader: parts.Header()}); !id.Equals(lb.Commit.BlockID) {
		return fmt.Errorf("block id %v, the commit names %v", id, lb.Commit.BlockID)
	}
	if r.Trusted == "" {
		return nil
	}
	previous, err := provided(r.Trusted, r.ChainID)
	if err != nil {
		return fmt.Errorf("trusted: %w", err)
	}
	if !b.LastBlockID.Equals(previous.Commit.BlockID) {
		return errors.New("last block id is not the previous block's")
	}
	// What every full node checks of the last commit and of the time.
	if err := previous.ValidatorSet.VerifyCommit(r.ChainID, b.LastBlockID, previous.Height, b.LastCommit); err != nil {
		return err
	}
	median, err := sm.MedianTime(b.LastCommit, previous.ValidatorSet)
	if err != nil {
		return err
	}
	if !median.Equal(b.Time) {
		return fmt.Errorf("block time %v, the median of the votes is %v", b.Time, median)
	}
	return nil
}

func checkClient(r request) error {
	headers, sets := map[int64]*types.SignedHeader{}, map[int64]*types.ValidatorSet{}
	var first, last *types.LightBlock
	for _, text := range r.LightBlocks {
		lb, err := provided(text, r.ChainID)
		if err != nil {
			return err
		}
		if first == nil {
			first = lb
		}
		last = lb
		headers[lb.Height], sets[lb.Height] = lb.SignedHeader, lb.ValidatorSet
	}
	if first == nil {
		return errors.New("no light blocks")
	}
	mode := light.SkippingVerification(light.DefaultTrustLevel)
	if r.Sequential {
		mode = light.SequentialVerification()
	}
	ctx := context.Background()
	client, err := light.NewClient(ctx, r.ChainID, light.TrustOptions{Period: trustPeriod, Height: first.Height, Hash: first.Hash()},
		mock.New(r.ChainID, headers, sets), []provider.Provider{mock.New(r.ChainID, headers, sets)}, dbs.New(dbm.NewMemDB(), r.ChainID), mode)
	if err != nil {
		return err
	}
	_, err = client.VerifyLightBlockAtHeight(ctx, last.Height, time.UnixMilli(r.NowUnixMs))
	return err
}

func judge(r request) (err error) {
	// A panic of the engine's packages on bytes from outside is a verdict worth seeing, too.
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("PANIC: %v", thrown)
		}
	}()
	switch r.Check {
	case "commit":
		return checkCommit(r)
	case "adjacent":
		return checkAdjacent(r)
	case "skipping":
		return checkSkipping(r)
	case "block":
		return checkBlock(r)
	case "client":
		return checkClient(r)
	}
	return fmt.Errorf("no check called %q", r.Check)
}

func serve(in io.Reader, out io.Writer) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	answers := bufio.NewWriter(out)
	encoder := json.NewEncoder(answers)
	for lines.Scan() {
		var r request
		v := verdict{}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			v.Error = err.Error()
		} else if err := judge(r); err != nil {
			v.Error = err.Error()
		}
		die(encoder.Encode(v))
		die(answers.Flush())
	}
	die(lines.Err())
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
)

type evidenceRow struct {
	Kind           string `json:"kind"`
	Hash           string `json:"hash"`
	Validator      string `json:"validator"`
	Height         int64  `json:"height"`
	TotalPower     int64  `json:"totalPower"`
	ValidatorPower int64  `json:"validatorPower"`
	VoteBytes      string `json:"voteSignBytes"`
}
type evidenceBlock struct {
	Block        string        `json:"block"`
	HeaderHash   string        `json:"headerHash"`
	EvidenceHash string        `json:"evidenceHash"`
	Evidence     []evidenceRow `json:"evidence"`
}
type evidenceDoc struct {
	Source  string          `json:"source"`
	ChainID string          `json:"chainId"`
	Blocks  []evidenceBlock `json:"blocks"`
}

// Blocks that carry evidence, made by CometBFT's own types: one double vote; a double vote against nil with a vote extension;
// a light client attack; all of them.
func writeEvidence(out string) {
	chain := "vectors-1"
	at := time.Date(2026, 1, 1, 0, 0, 0, 123456789, time.UTC)
	keys := map[string]ed25519.PrivKey{}
	var vals []*types.Validator
	for i := 0; i < 4; i++ {
		k := key(fmt.Sprintf("v%d", i))
		keys[k.PubKey().Address().String()] = k
		vals = append(vals, types.NewValidator(k.PubKey(), 10))
	}
	set := types.NewValidatorSet(vals)
	set.IncrementProposerPriority(3)
	id := func(n byte) types.BlockID {
		hash := make([]byte, 32)
		hash[0] = n
		return types.BlockID{Hash: hash, PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash}}
	}
	vote := func(i int, kind cmtproto.SignedMsgType, block types.BlockID, later time.Duration) *types.Vote {
		v := &types.Vote{Type: kind, Height: 7, Round: 2, BlockID: block, Timestamp: at.Add(later), ValidatorAddress: set.Validators[i].Address, ValidatorIndex: int32(i)}
		sig, err := keys[v.ValidatorAddress.String()].Sign(types.VoteSignBytes(chain, v.ToProto()))
		die(err)
		v.Signature = sig
		return v
	}
	double := func(a, b *types.Vote) *types.DuplicateVoteEvidence {
		e, err := types.NewDuplicateVoteEvidence(a, b, at, set)
		die(err)
		die(e.ValidateBasic())
		return e
	}
	first := double(vote(1, cmtproto.PrecommitType, id(1), time.Second), vote(1, cmtproto.PrecommitType, id(2), 2*time.Second))
	extended := vote(3, cmtproto.PrecommitType, id(9), 0)
	extended.Extension, extended.ExtensionSignature = []byte("unsigned"), make([]byte, 64)
	second := double(vote(3, cmtproto.PrecommitType, types.BlockID{}, time.Second), extended)
	third := double(vote(0, cmtproto.PrevoteType, id(4), 0), vote(0, cmtproto.PrevoteType, id(3), 0))

	header := types.Header{}
	header.Populate(cmtversion.Consensus{Block: version.BlockProtocol}, chain, at, id(5), set.Hash(), set.Hash(), id(6).Hash, id(7).Hash, id(8).Hash, set.Proposer.Address)
	header.Height, header.LastCommitHash, header.DataHash, header.EvidenceHash = 9, id(5).Hash, id(6).Hash, types.EvidenceList{}.Hash()
	lie := types.BlockID{Hash: header.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: id(4).Hash}}
	commit := &types.Commit{Height: 9, Round: 1, BlockID: lie}
	for i, v := range set.Validators {
		if i == 3 {
			commit.Signatures = append(commit.Signatures, types.NewCommitSigAbsent())
			continue
		}
		ballot := &types.Vote{Type: cmtproto.PrecommitType, Height: 9, Round: 1, BlockID: lie, Timestamp: at.Add(time.Second), ValidatorAddress: v.Address, ValidatorIndex: int32(i)}
		sig, err := keys[v.Address.String()].Sign(types.VoteSignBytes(chain, ballot.ToProto()))
		die(err)
		commit.Signatures = append(commit.Signatures, types.CommitSig{BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: v.Address, Timestamp: ballot.Timestamp, Signature: sig})
	}
	attack := &types.LightClientAttackEvidence{
		ConflictingBlock:    &types.LightBlock{SignedHeader: &types.SignedHeader{Header: &header, Commit: commit}, ValidatorSet: set},
		CommonHeight:        8,
		ByzantineValidators: set.Validators[:3],
		TotalVotingPower:    set.TotalVotingPower(),
		Timestamp:           at,
	}
	die(attack.ValidateBasic())

	d := evidenceDoc{Source: "github.com/cometbft/cometbft " + version.TMCoreSemVer + ", types package", ChainID: chain}
	for n, list := range [][]types.Evidence{{first}, {second}, {attack}, {first, second, attack, third}} {
		last := &types.Commit{Height: 9, Round: 0, BlockID: id(5), Signatures: commit.Signatures}
		b := types.MakeBlock(10, []types.Tx{types.Tx(fmt.Sprintf("tx %d", n))}, last, list)
		b.Header.Populate(cmtversion.Consensus{Block: version.BlockProtocol}, chain, at.Add(time.Minute), id(5), set.Hash(), set.Hash(), id(6).Hash, id(7).Hash, id(8).Hash, set.Proposer.Address)
		die(b.ValidateBasic())
		p, err := b.ToProto()
		die(err)
		bz, err := p.Marshal()
		die(err)
		row := evidenceBlock{Block: b64(bz), HeaderHash: b64(b.Hash()), EvidenceHash: b64(b.EvidenceHash)}
		for _, one := range list {
			r := evidenceRow{Kind: "light-client-attack", Hash: b64(one.Hash()), Height: one.Height(), TotalPower: attack.TotalVotingPower}
			if e, ok := one.(*types.DuplicateVoteEvidence); ok {
				r.Kind, r.Validator, r.TotalPower, r.ValidatorPower = "duplicate-vote", b64(e.VoteA.ValidatorAddress), e.TotalVotingPower, e.ValidatorPower
				r.VoteBytes = b64(types.VoteSignBytes(chain, e.VoteB.ToProto()))
			}
			row.Evidence = append(row.Evidence, r)
		}
		d.Blocks = append(d.Blocks, row)
	}
	j, err := json.MarshalIndent(d, "", " ")
	die(err)
	die(os.WriteFile(out, append(j, '\n'), 0o644))
}

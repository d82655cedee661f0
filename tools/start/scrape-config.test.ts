import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { scrapeConfigOf } from './scrape-config.ts';

test('targets stand under their job, and the engine’s series take the network of their chain', () => {
  const targets = [
    { job: 'civitas-node', address: '127.1.0.2:9464', labels: { pod: 'health-0', namespace: 'city' } },
    { job: 'civitas-engine', address: '127.1.0.2:26660', labels: { pod: 'health-0', namespace: 'city', node: 'health-0' } },
  ];
  const config: unknown = parse(scrapeConfigOf(targets, '/rules.yaml'));

  expect(config).toMatchObject({
    rule_files: ['/rules.yaml'],
    scrape_configs: [
      {
        job_name: 'civitas-engine',
        static_configs: [{ targets: ['127.1.0.2:26660'], labels: { node: 'health-0' } }],
        metric_relabel_configs: [{ source_labels: ['chain_id'], target_label: 'network' }],
      },
      { job_name: 'civitas-node', static_configs: [{ targets: ['127.1.0.2:9464'] }] },
    ],
  });
});

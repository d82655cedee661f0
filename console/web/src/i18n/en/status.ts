/** The last half hour in figures. */
export const status = {
  'nav.status': 'Status',
  'status.title': 'Status',
  'status.lead': 'The last half hour of each ledger, as its own metrics tell it. It is kept by the console, from its start on.',
  'status.open': 'Details',
  'status.dashboard': 'Dashboard',
  'status.unheard': 'Its metrics do not answer: the node is down, or a network policy keeps the console out.',
  'status.noneYet': 'Nothing has been heard yet.',
  'status.operations': 'Operations a minute',
  'status.blockAge': 'Since the last block',
  'status.commit': 'Time to a receipt',
  'status.waiting': 'Waiting for a receipt',
  'status.packet': 'Oldest packet under way',
  'status.volume': 'Volume in use',
  'status.line': '{{label}} over the last half hour, at most {{most}}',
  'status.support': 'Support bundle',
  'status.supportBody':
    'What tells how the city is, for those who help: versions, resources, logs, metrics. No secrets, and personal values are censored. If you are asked for your second factor, press it once more afterwards.',
  'status.supportGet': 'Download',
};

/** Where one can go from everywhere. */
export const NAVIGATION = [
  {
    group: 'nav.mine',
    items: [
      { to: '/', label: 'nav.home' },
      { to: '/inbox', label: 'nav.inbox' },
      { to: '/key', label: 'nav.key' },
      { to: '/cases', label: 'nav.cases' },
      { to: '/citizen', label: 'nav.citizen' },
    ],
  },
  {
    group: 'nav.city',
    items: [
      { to: '/networks', label: 'nav.networks' },
      { to: '/links', label: 'nav.links' },
      { to: '/status', label: 'nav.status' },
      { to: '/map', label: 'nav.map' },
      { to: '/wall', label: 'nav.wall' },
      { to: '/agencies', label: 'nav.agencies' },
    ],
  },
  {
    group: 'nav.records',
    items: [
      { to: '/explorer', label: 'nav.explorer' },
      { to: '/audit', label: 'nav.audit' },
    ],
  },
] as const;

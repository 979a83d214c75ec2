const PATHS = {
  plus: 'M12 5v14M5 12h14',
  remove: 'M3 6h18M8 6V4h8v2M6 6l1 14h10l1-14',
  up: 'M12 19V5M5 12l7-7 7 7',
  down: 'M12 5v14M5 12l7 7 7-7',
  warn: 'M12 8v5M12 16.5v.5M10.3 3.9 2.4 18a2 2 0 0 0 1.7 3h15.8a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0Z',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  open: 'm9 6 6 6-6 6',
  arrow: 'M5 12h14M13 6l6 6-6 6',
};

export function Icon({ name, size = 15 }) {
  return (
    <svg className="f-icon" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

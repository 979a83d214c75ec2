// The island: what the page gives as JSON decides which form is drawn.
import { createRoot } from 'react-dom/client';
import { ConfigPage } from './ConfigPage.jsx';
import { CreatePage } from './CreatePage.jsx';
import { TryPage } from './TryPage.jsx';
import { speak } from './words.js';

const PAGES = { config: ConfigPage, create: CreatePage, try: TryPage };

const place = document.getElementById('form-island');
const given = JSON.parse(place.dataset.given);
const Page = PAGES[given.page];
speak(given.words);
createRoot(place).render(<Page given={given} />);

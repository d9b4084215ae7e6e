// Entry. Each module finds its own elements by data attributes (docs/interface.md) and copes with fragments that arrive later.
import './requests.js';
import './layers.js';
import './rows.js';
import './listbox.js';
import './keyboard.js';
import './forms.js';
import './editor.js';
import './draft.js';
import './composer.js';
import './live.js';
import './time.js';
import './session.js';
import './week.js';
import './when.js';

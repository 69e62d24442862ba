// Everything works without these; they only make it quicker.
import './copy.js'
import './menu.js'
import './switcher.js'
import './live-filter.js'
import './tree.js'
import './hierarchy-progress.js'
import './read-file.js'
import './reload.js'

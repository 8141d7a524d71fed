"""Readers of texts: tables, lines and JSON, in any usual dialect."""

from textgan.data.readers.options import ReadOptions as ReadOptions
from textgan.data.readers.text_file import TEXT_FILES as TEXT_FILES
from textgan.data.readers.text_file import TextFile as TextFile
from textgan.data.readers.text_file import check_used as check_used
from textgan.data.readers.text_file import open_texts as open_texts
from textgan.data.readers.text_file import read_texts as read_texts

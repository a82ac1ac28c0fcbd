# Writes workbooks with one Perl module from cells as JSON: `rewrite.pl convert MODULE FORMAT JOBS.json`, `rewrite.pl version MODULE`.
use strict;
use warnings;
use utf8;
use JSON::PP;

my ($action, $module, undef, $jobs) = @ARGV;
(my $file = "$module.pm") =~ s{::}{/}g;
require $file;
if ($action eq 'version') {
    print $module->VERSION, "\n";
    exit;
}

sub read_json {
    open my $handle, '<:raw', $_[0] or die "$_[0]: $!";
    local $/;
    return decode_json(<$handle>);
}

for my $job (@{ read_json($jobs) }) {
    my $book = $module->new($job->{target});
    my $day = $book->add_format(num_format => 'yyyy-mm-dd');
    for my $sheet (@{ read_json($job->{source}) }) {
        my $page = $book->add_worksheet($sheet->{name});
        my $row = 0;
        for my $cells (@{ $sheet->{rows} }) {
            for my $column (0 .. $#$cells) {
                my $value = $cells->[$column];
                next unless defined $value;
                if (ref $value eq 'HASH') {
                    $page->write_date_time($row, $column, sprintf('%04d-%02d-%02dT', @{ $value->{day} }), $day);
                } elsif (JSON::PP->can('is_bool') && JSON::PP::is_bool($value)) {
                    $page->write_string($row, $column, $value ? 'TRUE' : 'FALSE');
                } elsif ($value =~ /^-?\d+(?:\.\d+)?$/ && is_number($value)) {
                    $page->write_number($row, $column, $value);
                } else {
                    $page->write_string($row, $column, $value);
                }
            }
            $row++;
        }
    }
    $book->close;
}

# Returns whether JSON had a number, not a text of digits.
sub is_number {
    return encode_json([ $_[0] ]) !~ /^\["/;
}
